import { describe, expect, it } from 'vitest';
import { ApiError } from '$/api/problem';
import { Submission } from './submission.svelte';

const refused = new ApiError(422, 'INVALID', 'It is refused.', [
  { code: 'TAKEN', field: 'name', message: 'Taken.' },
]);

describe('what a form sends', () => {
  it('waits until its fields are right, and says what is wrong once it was tried', async () => {
    let name = '';
    let sent = 0;
    const form = new Submission<'name'>(() => ({ name: name ? null : 'Give it a name.' }));
    const act = async () => void (sent += 1);
    expect(form.problem('name')).toBeNull();
    await form.send(act);
    expect([sent, form.problem('name')]).toEqual([0, 'Give it a name.']);
    name = 'x';
    await form.send(act);
    expect([sent, form.problem('name'), form.busy]).toEqual([1, null, false]);
  });
  it('tells what the server says of a field, until it is sent again', async () => {
    const form = new Submission<'name' | 'other'>();
    await form.send(() => Promise.reject(refused));
    expect(form.failure).toBe(refused);
    expect([form.problem('name'), form.problem('other')]).toEqual(['Taken.', null]);
    await form.send(() => Promise.resolve());
    expect([form.failure, form.problem('name')]).toEqual([null, null]);
  });
  it('is sent once at a time', async () => {
    let sent = 0;
    let done: () => void = () => undefined;
    const form = new Submission();
    const act = () => {
      sent += 1;
      return new Promise<void>((resolve) => (done = resolve));
    };
    const first = form.send(act);
    expect(form.busy).toBe(true);
    await form.send(act);
    done();
    await first;
    expect([sent, form.busy]).toEqual([1, false]);
  });
});

/** The second factor from enrolment to signing in with it, and a password that is set anew by a link. */
import { createHmac } from 'node:crypto';
import type { Page } from '@playwright/test';
import { expectAccessible } from './support/axe';
import { person } from './support/person';
import { expect, live, signIn, test } from './support/test';

const STEP_S = 30;

/** RFC 6238 with SHA-1 and six digits: what an authenticator app shows. */
function totp(secret: string, at_ms: number): string {
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((one) => ALPHABET.indexOf(one).toString(2).padStart(5, '0')).join('');
  const bytes = bits.match(/.{8}/g)?.map((eight) => parseInt(eight, 2)) ?? [];
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at_ms / 1000 / STEP_S)));
  const digest = createHmac('sha1', Buffer.from(bytes)).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function signInWithCode(page: Page, username: string, password: string, code: string): Promise<void> {
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Second factor' }).waitFor();
  await page.getByLabel(/^(Backup code|Code)$/).fill(code);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

test('a second factor is set up, asked for, replaced by a backup code, and turned off', async ({
  app,
  browser,
  demo,
}) => {
  test.setTimeout(240_000);
  const [username, password] = ['chandra', 'nine green garden gates'];
  const { context, page, complaints } = await person(app, browser, demo, username, password);
  await signIn(page, username, password);
  await page.goto('/settings?tab=security');
  await page.getByRole('button', { name: 'Set up' }).click();
  await page.getByLabel('Your password').fill('not this one at all');
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.locator('.field .bad')).toBeVisible();
  await page.getByLabel('Your password').fill(password);
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByRole('img', { name: 'QR code of the secret' })).toBeVisible();
  await page.getByText('It can’t be scanned').click();
  const secret = (await page.getByTestId('secret').innerText()).replaceAll(' ', '');
  await expectAccessible(page, 'enrolment');
  await page.getByLabel('Code', { exact: true }).fill(totp(secret, Date.now()));
  await page.getByRole('button', { name: 'Confirm' }).click();
  const listed = page.getByTestId('backup-codes').getByRole('listitem');
  await expect(listed).toHaveCount(10);
  const codes = await listed.allInnerTexts();
  expect(new Set(codes).size).toBe(10);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download' }).click();
  expect((await download).suggestedFilename()).toBe('tradewind-backup-codes.txt');
  await expectAccessible(page, 'backup codes');
  await page.getByLabel('I have kept them').check();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText('10 backup codes are left.')).toBeVisible();

  await page.getByRole('button', { name: 'Your menu' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await signInWithCode(page, username, password, '000000');
  await expect(page.getByRole('alert')).toBeVisible();
  await expectAccessible(page, 'the step for the code');
  // The code of the confirmation is used up: the next step's is taken already.
  await page.getByLabel('Code', { exact: true }).fill(totp(secret, Date.now() + STEP_S * 1000));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await live(page);

  await page.goto('/settings?tab=security');
  await page.getByRole('button', { name: 'Turn off' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Your password').fill(password);
  await dialog.getByRole('button', { name: 'Use a backup code' }).click();
  await dialog.getByLabel('Backup code').fill(codes[0] ?? '');
  await expectAccessible(page, 'turning the second factor off');
  await dialog.getByRole('button', { name: 'Turn off' }).click();
  await expect(page.getByText('Your password alone signs in.')).toBeVisible();
  expect(complaints).toEqual([]);
  await context.close();
});

test('an administrator’s link sets a new password once, and ends every session', async ({
  app,
  browser,
  demo,
}) => {
  test.setTimeout(240_000);
  const [username, first, second] = ['devika', 'eight slow river ferries', 'eleven bright copper bells'];
  const { context, page, complaints } = await person(app, browser, demo, username, first);
  await signIn(page, username, first);
  await app.getByRole('button', { name: `More of ${username}` }).click();
  await app.getByRole('button', { name: 'Make a password reset link' }).click();
  const link = await app.getByTestId('reset-link').innerText();
  await expectAccessible(app, 'the dialog of a person');

  const other = await context.newPage();
  await other.goto(link);
  expect(new URL(other.url()).hash).toBe('');
  await other.getByLabel('New password', { exact: true }).fill(second);
  await other.getByLabel('New password again').fill('something else entirely');
  await other.getByRole('button', { name: 'Set password' }).click();
  await expect(other.getByText('The two passwords differ.')).toBeVisible();
  await other.getByLabel('New password again').fill(second);
  await expectAccessible(other, 'the page of a reset link');
  await other.getByRole('button', { name: 'Set password' }).click();
  await expect(other.getByText('Your password is changed')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await signIn(other, username, second);

  await page.goto(link);
  await page.getByLabel('New password', { exact: true }).fill(first);
  await page.getByLabel('New password again').fill(first);
  await page.getByRole('button', { name: 'Set password' }).click();
  await expect(page.getByText('This link was used, or is over.')).toBeVisible();
  expect(complaints).toEqual([]);
  await context.close();
});

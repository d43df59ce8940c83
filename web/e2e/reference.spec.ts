/** The API reference: found, read, and tried with one's own session. */
import { expectAccessible } from './support/axe';
import { expect, test } from './support/test';

test('an operation is found, tried, and copied for a program', async ({ app, context }) => {
  await app.goto('/reference');
  await expect(app.getByText('ACCOUNT_UNKNOWN')).toBeVisible();
  await app.getByLabel('Search the API').fill('get orders accounts');
  await app
    .getByRole('navigation', { name: 'Operations' })
    .getByRole('link', { name: /orders$/ })
    .click();
  await expect(app).toHaveURL(/op=list_orders/);
  await app.getByRole('button', { name: 'Send GET' }).click();
  await expect(app.getByRole('status').getByText('200')).toBeVisible();
  await expect(app.getByLabel('Body of the answer')).toContainText('"items"');
  await app.getByText(/^Headers \(/).click();
  await expect(app.getByText('x-request-id')).toBeVisible();
  await expectAccessible(app, 'an operation that was tried');

  await context.grantPermissions(['clipboard-read', 'clipboard-write']).catch(() => undefined);
  await app.getByLabel('limit').fill('2');
  await app.getByRole('button', { name: 'Copy as curl' }).click();
  await expect(app.getByText('Copied', { exact: true })).toBeVisible();
});

test('what changes something is asked about first, and sent with the CSRF token', async ({ app }) => {
  await app.goto('/reference?op=post_order');
  let sent = 0;
  app.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/orders')) sent += 1;
  });
  const body = {
    instrument: 'BTC-USD.COINBASE',
    side: 'BUY',
    type: 'LIMIT',
    // Nothing stays behind for the tests after this one.
    time_in_force: 'IOC',
    price: '1000',
    quantity: '0.01',
  };
  await app.getByRole('textbox', { name: /^Body/ }).fill(JSON.stringify(body));
  await app.getByRole('button', { name: 'Send POST' }).click();
  await app.getByRole('dialog').getByRole('button', { name: 'Keep as it is' }).click();
  await expect(app.getByRole('dialog')).toHaveCount(0);
  expect(sent).toBe(0);
  const answered = app.waitForResponse((response) => response.url().endsWith('/orders'));
  await app.getByRole('button', { name: 'Send POST' }).click();
  await app.getByRole('dialog').getByRole('button', { name: 'Send POST' }).click();
  const headers = (await answered).request().headers();
  expect(headers['x-csrf-token']).toBeTruthy();
  // Placed or denied by the risk gate: either way the order came through the door, which 403 would not be.
  await expect(app.getByLabel('Body of the answer')).toContainText('"client_order_id"');
});

test('what is missing is said, and nothing is sent', async ({ app }) => {
  await app.goto('/reference?op=get_instrument');
  await app.getByRole('button', { name: 'Send GET' }).click();
  await expect(app.getByRole('alert')).toHaveText('Still missing: instrument.');
});

test('a schema is read by its name', async ({ app }) => {
  await app.goto('/reference?op=list_orders');
  await app.getByRole('link', { name: 'Page_Order' }).click();
  await expect(app.getByRole('heading', { name: 'Page_Order' })).toBeVisible();
  await expect(app.getByText('items[].client_order_id')).toBeVisible();
});

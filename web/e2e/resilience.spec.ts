/** The hub's connection drops, stays away, and comes back; answers get lost. */
import type { WebSocketRoute } from '@playwright/test';
import { expect, live, test } from './support/test';

test('a dropped connection shows, is resumed, and nothing is missing', async ({ app }) => {
  const sockets: WebSocketRoute[] = [];
  const since: unknown[] = [];
  let refuse = false;
  await app.routeWebSocket(/\/api\/v1\/stream$/, (socket) => {
    if (refuse) return void socket.close({ code: 4000, reason: 'cut by the test' });
    const server = socket.connectToServer();
    socket.onMessage((message) => {
      const frame = JSON.parse(String(message)) as { op: string; since?: unknown };
      if (frame.op === 'subscribe' && frame.since) since.push(frame.since);
      server.send(message);
    });
    sockets.push(socket);
  });
  await app.goto('/chart?interval=1s');
  await live(app);
  const chart = app.locator('[data-last-ts]');
  await expect(chart).toHaveAttribute('data-last-ts', /\d/);
  // What was there first may be history alone; what came after it the hub has told, and that can be resumed.
  const first = await chart.getAttribute('data-last-ts');
  await expect(chart).not.toHaveAttribute('data-last-ts', first ?? '');

  refuse = true;
  await sockets.at(-1)?.close({ code: 4000, reason: 'cut by the test' });
  await expect(app.locator('[data-connection=waiting]')).toBeVisible();
  await expect(app.getByText('STALE').first()).toBeVisible();
  const frozen = await chart.getAttribute('data-last-ts');

  refuse = false;
  await live(app);
  await expect(app.getByText('STALE')).toHaveCount(0);
  await expect(chart).not.toHaveAttribute('data-last-ts', frozen ?? '');
  expect(since.length, 'topics were resumed from where they were').toBeGreaterThan(0);
});

test('an order whose answer is lost is sent again under the same id, and counts once', async ({ app }) => {
  const ids: string[] = [];
  let lose = true;
  await app.route(/\/accounts\/[^/]+\/orders$/, async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    ids.push((route.request().postDataJSON() as { client_order_id: string }).client_order_id);
    if (!lose) return route.continue();
    await route.fetch();
    lose = false;
    return route.abort('connectionreset');
  });
  await app.goto('/trading');
  const bid = app.getByTitle('Use the bid as price').locator('.num');
  await expect(bid).toHaveText(/\d/);
  const price = Math.floor(Number((await bid.innerText()).replaceAll(',', '')) * 0.9);
  await app.getByLabel(/^Price \(/).fill(String(price));
  await app.getByLabel(/^Quantity \(/).fill('0.01');
  const submit = app.getByRole('button', { name: /^▲ Buy/ });
  await submit.click();
  await expect(app.getByText('The server does not answer')).toBeVisible();
  await submit.click();
  await expect(app.getByText(/^Order accepted/)).toBeVisible();
  expect(new Set(ids).size).toBe(1);
  expect(ids).toHaveLength(2);
  const row = app.getByRole('tabpanel').locator('tr[data-order]').filter({ hasText: 'manual' });
  await expect(row).toHaveCount(1);
  await row.getByRole('button', { name: /^Cancel/ }).click();
  await expect(row).toHaveCount(0);
});

test('a failing list says why and loads again when asked', async ({ app }) => {
  let fail = true;
  const problem = {
    type: 'about:blank',
    title: 'Busy',
    status: 503,
    detail: 'The store is busy.',
    error_code: 'STORE_BUSY',
    correlation_id: 'test-correlation',
    errors: [],
  };
  // A list that nothing but the button loads again: live figures would reload balances by themselves meanwhile.
  await app.route(/\/backtest-files$/, (route) =>
    fail
      ? route.fulfill({ status: 503, contentType: 'application/problem+json', json: problem })
      : route.continue(),
  );
  await app.goto('/backtest?tab=files');
  const alert = app.getByRole('alert').filter({ hasText: 'The store is busy.' });
  await expect(alert).toContainText('test-correlation');
  fail = false;
  await alert.getByRole('button', { name: 'Try again' }).click();
  await expect(alert).toHaveCount(0);
  await expect(app.getByRole('tabpanel').locator(':is(tbody tr, .empty)').first()).toBeVisible();
});

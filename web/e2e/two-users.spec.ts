/** Two people: neither sees, trades or subscribes anything of the other's. */
import type { Page } from '@playwright/test';
import { expect, live, signIn, test, watch } from './support/test';

const OTHER = { username: 'bhavna', name: 'Bhavna', password: 'seven quiet paper boats' };

/** A request with the page's own cookie, as its scripts could make it. */
function status(page: Page, method: string, path: string, body?: object): Promise<number> {
  return page.evaluate(
    async ([verb, url, json]) => {
      const session = await (await fetch('/api/v1/session')).json();
      const headers = { 'content-type': 'application/json', 'x-csrf-token': session.csrf_token as string };
      const response = await fetch(`/api/v1${url}`, { method: verb, headers, ...(json && { body: json }) });
      return response.status;
    },
    [method, path, body ? JSON.stringify(body) : ''] as const,
  );
}

/** What the hub says to a subscription of a private topic. */
function subscribe(page: Page, channel: string, account: string): Promise<string> {
  return page.evaluate(
    async ([name, id]) => {
      const session = await (await fetch('/api/v1/session')).json();
      const headers = { 'x-csrf-token': session.csrf_token as string };
      const { ticket } = await (await fetch('/api/v1/stream/tickets', { method: 'POST', headers })).json();
      const socket = new WebSocket('/api/v1/stream');
      return new Promise<string>((resolve) => {
        socket.onopen = () => socket.send(JSON.stringify({ op: 'auth', ticket }));
        socket.onclose = (event) => resolve(`closed ${event.code}`);
        socket.onmessage = (event) => {
          const frame = JSON.parse(event.data);
          if (frame.op === 'welcome')
            socket.send(JSON.stringify({ op: 'subscribe', channel: name, account: id, id: 'probe' }));
          if (frame.id === 'probe') resolve(frame.op);
          if (frame.id === 'probe') socket.close();
        };
      });
    },
    [channel, account] as const,
  );
}

test('a second user has nothing of the first, over pages, REST and hub', async ({ app, browser, demo }) => {
  await app.goto('/admin');
  await app.getByRole('button', { name: 'New user' }).click();
  await app.getByLabel('User name').fill(OTHER.username);
  await app.getByLabel('Name', { exact: true }).fill(OTHER.name);
  await app.getByLabel('First password').fill(OTHER.password);
  await app.getByRole('button', { name: 'Create user' }).click();
  await expect(app.locator('tr[data-user=bhavna]')).toBeVisible();
  const theirs = await app.locator('tr[data-account]').first().getAttribute('data-account');
  const account = theirs ?? '';

  const context = await browser.newContext({ baseURL: demo.url });
  const page = await context.newPage();
  const complaints = watch(page);
  await page.goto('/');
  await signIn(page, OTHER.username, OTHER.password);
  await expect(page.getByText('No account yet')).toBeVisible();

  const order = { instrument: 'BTC-USD.COINBASE', side: 'BUY', type: 'MARKET', quantity: '0.01' };
  const at = `/accounts/${account}`;
  const attempts: [string, string, object?][] = [
    ['GET', at],
    ['GET', `${at}/orders`],
    ['GET', `${at}/fills`],
    ['GET', `${at}/positions`],
    ['GET', `${at}/balances`],
    ['GET', `${at}/ledger`],
    ['GET', `${at}/signals`],
    ['GET', `${at}/strategies`],
    ['GET', `${at}/weights`],
    ['GET', `${at}/risk`],
    ['GET', `${at}/members`],
    ['POST', `${at}/orders`, order],
    ['POST', `${at}/orders/cancel-all`, {}],
    ['POST', `${at}/flatten`, {}],
    ['POST', `${at}/kill-switch`, { flatten: true, reason: 'mischief' }],
  ];
  for (const [method, path, body] of attempts) {
    expect(await status(page, method, path, body), `${method} ${path}`).toBe(404);
  }
  for (const channel of [
    'orders',
    'fills',
    'positions',
    'accounts',
    'signals',
    'strategies',
    'weights',
    'ledger',
  ]) {
    expect(await subscribe(page, channel, account), channel).toBe('error');
  }
  expect(await status(page, 'GET', '/users')).toBe(403);

  await page.goto(`/trading?account=${account}`);
  await expect(page.getByText('No account yet')).toBeVisible();

  await page.goto('/admin');
  await page.getByRole('button', { name: 'Open a paper account' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Bhavna alone');
  await page.getByRole('button', { name: 'Open account' }).click();
  await expect(page.locator('tr[data-account]')).toHaveCount(1);
  const own = (await page.locator('tr[data-account]').getAttribute('data-account')) ?? '';
  expect(own).not.toBe(account);
  await expect(page.getByLabel('Account', { exact: true })).toHaveValue(own);
  expect(await status(page, 'GET', `/accounts/${own}/orders`)).toBe(200);
  expect(await subscribe(page, 'orders', own)).toBe('subscribed');
  await page.goto(`/trading?account=${own}&tab=history`);
  await live(page);
  await expect(page.getByText('No orders yet.')).toBeVisible();

  // The first user keeps an open page while the second trades: nothing of it arrives there.
  await app.goto(`/trading?account=${account}&tab=history`);
  await live(app);
  expect(
    await status(page, 'POST', `/accounts/${own}/orders`, {
      ...order,
      client_order_id: 'bhavnas-order',
      instrument: await tradable(page, own),
    }),
  ).toBe(201);
  await expect(page.locator('tr[data-order=bhavnas-order]')).toBeVisible();
  await expect(app.locator('tr[data-order=bhavnas-order]')).toHaveCount(0);

  // Disabled, the second user's open page ends within seconds.
  await app.goto('/admin');
  await app.getByRole('button', { name: 'Disable bhavna' }).click();
  await app.getByRole('button', { name: 'Disable', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  expect(complaints).toEqual([]);
  await context.close();
});

/** An instrument of the account's venue. */
function tradable(page: Page, account: string): Promise<string> {
  return page.evaluate(async (id) => {
    const { venue } = await (await fetch(`/api/v1/accounts/${id}`)).json();
    const { items } = await (await fetch(`/api/v1/instruments?venue=${venue}`)).json();
    return items[0].id as string;
  }, account);
}

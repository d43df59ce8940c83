/** From the printed link to a restart: what a person does on the first evening. */
import { expect, test, type Page } from '@playwright/test';
import { expectAccessible } from './support/axe';
import { Demo } from './support/demo';
import { ADMIN, enter, live, signIn, watch } from './support/test';

const QUANTITY = '0.01';

test.describe.configure({ mode: 'serial' });

let demo: Demo;
let page: Page;
let complaints: string[];
let resting = '';

test.beforeAll(async ({ browser }) => {
  demo = await Demo.start();
  const context = await browser.newContext();
  page = await context.newPage();
  complaints = watch(page);
});
test.afterAll(async () => {
  await page.context().close();
  await demo.dispose();
});

const go = (path: string) => page.goto(`${demo.url}${path}`);
const openOrders = () => page.getByRole('tabpanel').locator('tr[data-order]');

/** A price far below the market, on any tick: it rests. */
async function farBelow(): Promise<string> {
  const bid = page.getByTitle('Use the bid as price').locator('.num');
  await expect(bid).toHaveText(/\d/);
  return String(Math.floor(Number((await bid.innerText()).replaceAll(',', '')) * 0.9));
}

async function place(type: 'Limit' | 'Market', quantity: string, price?: string): Promise<void> {
  await page.getByRole('radio', { name: type, exact: true }).check();
  if (price) await page.getByLabel(/^Price \(/).fill(price);
  await page.getByLabel(/^Quantity \(/).fill(quantity);
  await page.getByLabel(/^Quantity \(/).press('Enter');
}

test('the printed link signs in, and its token leaves the address at once', async () => {
  const first = demo.link;
  await page.goto(demo.href);
  await expect(page).not.toHaveURL(/setup=|signin=/);
  if (first?.kind === 'setup') await expectAccessible(page, 'first-run set-up');
  await enter(page, demo);
  await expect(page.getByRole('heading', { name: 'Positions' })).toBeVisible();
  await expect(page.getByText('SIMULATED').first()).toBeVisible();
});

test('signing out and in again works with the password', async () => {
  test.skip(demo.link?.kind !== 'setup', 'the demo created its own user');
  await page.getByRole('button', { name: 'Your menu' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await expectAccessible(page, 'sign in');
  await page.getByLabel('User name').fill(ADMIN.username);
  await page.getByLabel('Password').fill('not the password at all');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await signIn(page, ADMIN.username, ADMIN.password);
});

test('the chart moves', async () => {
  await go('/chart?interval=1s');
  const chart = page.locator('[data-last]');
  await expect(chart).toHaveAttribute('data-last-ts', /\d/);
  const before = await chart.getAttribute('data-last-ts');
  await expect(chart).not.toHaveAttribute('data-last-ts', before ?? '');
  const close = await chart.getAttribute('data-last');
  await expect(chart).not.toHaveAttribute('data-last', close ?? '');
  await expect(
    page
      .getByRole('table', { name: /^Depth of/ })
      .locator('tbody td')
      .first(),
  ).toHaveText(/\d/);
  await expect(
    page
      .getByLabel(/^Time and sales of/)
      .locator('tbody tr')
      .first(),
  ).toBeVisible();
});

test('the ticket refuses what can not be an order before it is sent', async () => {
  await go('/trading');
  for (const quantity of ['0', '-1', 'NaN', '1e40', '0.0000000000001']) {
    await place('Limit', quantity, '100');
    await expect(page.getByLabel(/^Quantity \(/)).toHaveAttribute('aria-invalid', 'true');
  }
  await place('Limit', QUANTITY, '100.00000001');
  await expect(page.getByLabel(/^Price \(/)).toHaveAttribute('aria-invalid', 'true');
  await expect(openOrders().filter({ hasText: 'manual' })).toHaveCount(0);
});

test('an order is placed, seen on page and chart, and canceled', async () => {
  await go('/trading');
  const price = await farBelow();
  await place('Limit', QUANTITY, price);
  const row = openOrders().filter({ hasText: 'manual' });
  await expect(row).toHaveCount(1);
  await expect(row).toContainText('ACCEPTED');
  resting = (await row.getAttribute('data-order')) ?? '';
  await row.getByRole('button', { name: /^Cancel/ }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole('tab', { name: 'Order history' }).click();
  await expect(page.locator(`tr[data-order="${resting}"]`)).toContainText('CANCELED');
});

test('a market order fills, and the ledger still sums to zero', async () => {
  await go('/trading?tab=fills');
  await place('Market', QUANTITY);
  const outcome = page.getByText(/^Order (filled|accepted|submitted|partially filled)/);
  await expect(outcome).toBeVisible();
  const order = await outcome.locator('.mono').innerText();
  await expect(page.locator(`tr[data-fill-order="${order}"]`).first()).toBeVisible();
  await page.getByRole('tab', { name: /^Positions/ }).click();
  await expect(page.locator('tr[data-position]').first()).toBeVisible();
  await page.getByRole('tab', { name: 'Ledger' }).click();
  await expect(page.getByTestId('ledger-sum')).toContainText(/^Sum of all postings\s+0 USD/);
  await expect(page.getByRole('tabpanel').getByText('FILL', { exact: true }).first()).toBeVisible();
});

test('an order that is too large is denied with its figures', async () => {
  await go('/trading');
  await place('Market', '100');
  await expect(page.getByText('Denied by the risk gate')).toBeVisible();
  await page.getByRole('tab', { name: 'Order history' }).click();
  await expect(page.getByRole('tabpanel').getByText('DENIED').first()).toBeVisible();
  await expect(page.getByRole('tabpanel').getByText('ORDER SIZE').first()).toBeVisible();
});

test('the kill switch cancels, blocks and is lifted', async () => {
  await go('/trading');
  await place('Limit', QUANTITY, await farBelow());
  const row = openOrders().filter({ hasText: 'manual' });
  await expect(row).toHaveCount(1);
  await page.getByRole('button', { name: 'Kill switch' }).click();
  await page.getByRole('button', { name: 'Engage kill switch' }).click();
  await expect(page.getByRole('button', { name: 'KILL SWITCH ON' })).toBeVisible();
  await expect(row).toHaveCount(0);
  await expect(page.getByText('The kill switch is engaged')).toBeVisible();
  await expect(page.getByRole('button', { name: /^▲ Buy/ })).toBeDisabled();
  await page.getByRole('button', { name: 'KILL SWITCH ON' }).click();
  await page.getByRole('button', { name: 'Lift kill switch' }).click();
  await expect(page.getByRole('button', { name: 'Kill switch', exact: true })).toBeVisible();
});

test('after a restart the open page recovers, and everything is still there', async () => {
  await go('/trading');
  await place('Limit', QUANTITY, await farBelow());
  const row = openOrders().filter({ hasText: 'manual' });
  await expect(row).toHaveCount(1);
  const survivor = await row.getAttribute('data-order');
  await demo.stop();
  await expect(page.locator('[data-connection=waiting], [data-connection=connecting]')).toBeVisible();
  await expect(page.getByText('STALE').first()).toBeVisible();
  await demo.run(new URL(demo.url).host);
  await live(page);
  await expect(page.locator(`tr[data-order="${survivor}"]`)).toBeVisible();
  await page.reload();
  await live(page);
  await page.getByRole('tab', { name: 'Order history' }).click();
  await expect(page.locator(`tr[data-order="${resting}"]`)).toContainText('CANCELED');
  await page.getByRole('tab', { name: 'Fills' }).click();
  await expect(page.locator('tr[data-fill]').first()).toBeVisible();
  await page.getByRole('tab', { name: 'Ledger' }).click();
  await expect(page.getByTestId('ledger-sum')).toContainText(/^Sum of all postings\s+0 USD/);
});

test('Ctrl-C ends it within three seconds', async () => {
  expect(await demo.stop()).toBeLessThan(3_000);
});

test('the console stayed quiet', () => {
  expect(complaints).toEqual([]);
});

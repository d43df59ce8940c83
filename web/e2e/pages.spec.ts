/** Every page in dark, light and on a phone: accessible, not wider than the screen, and on a picture to look at. */
import { expectAccessible, expectNoSidewaysScroll } from './support/axe';
import { expect, live, test } from './support/test';

const LOOKS = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1440, height: 900 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1440, height: 900 } },
  { name: 'phone', colorScheme: 'dark', viewport: { width: 360, height: 740 } },
] as const;

/** What must be there before a page counts as shown. */
const PAGES: readonly { path: string; ready: string }[] = [
  { path: '/dashboard', ready: 'dl.tiles' },
  { path: '/chart?interval=10s&overlays=EMA_3,EMA_5,BBANDS_10_2,VWAP', ready: '[data-last] canvas' },
  { path: '/chart?view=table', ready: '[aria-label^="Bars of"] tbody tr' },
  { path: '/trading', ready: 'form[aria-label^="Order ticket"]' },
  { path: '/trading?tab=history', ready: '[role=tabpanel] :is(tbody tr, .empty)' },
  { path: '/trading?tab=fills', ready: '[role=tabpanel] :is(tbody tr, .empty)' },
  { path: '/trading?tab=positions', ready: '[role=tabpanel] :is(tbody tr, .empty)' },
  { path: '/trading?tab=balances', ready: '[role=tabpanel] tbody tr' },
  { path: '/trading?tab=ledger', ready: '[role=tabpanel] tbody tr' },
  { path: '/trading?tab=statements', ready: 'text=Import a statement' },
  { path: '/trading?tab=risk', ready: '[role=tabpanel] tbody tr' },
  { path: '/algorithms', ready: 'text=Weights over time' },
  { path: '/backtest', ready: '[role=tabpanel] :is(tbody tr, .empty)' },
  { path: '/backtest?tab=new', ready: 'text=Write the configuration' },
  { path: '/backtest?tab=files', ready: '[role=tabpanel] :is(tbody tr, .empty)' },
  { path: '/data', ready: 'tr[data-connection-row]' },
  { path: '/settings', ready: 'text=User id' },
  { path: '/settings?tab=appearance', ready: 'text=Time zone' },
  { path: '/settings?tab=security', ready: 'text=Current password' },
  { path: '/settings?tab=sessions', ready: '[role=tabpanel] tbody tr' },
  { path: '/settings?tab=keys', ready: 'text=New key' },
  { path: '/settings?tab=notifications', ready: '[role=tabpanel] tbody tr' },
  { path: '/admin', ready: 'tr[data-user]' },
  { path: '/admin?tab=jobs', ready: '[role=tabpanel] :is(tbody tr, .empty)' },
  { path: '/admin?tab=backups', ready: '[role=tabpanel] :is(tbody tr, .empty)' },
  { path: '/admin?tab=settings', ready: 'tr[data-setting]' },
  { path: '/reference', ready: 'text=ACCOUNT_UNKNOWN' },
  { path: '/reference?op=post_order', ready: 'text=Try it' },
  { path: '/reference?schema=Order', ready: 'main >> text=client_order_id >> visible=true' },
];

for (const look of LOOKS) {
  test.describe(look.name, () => {
    test.use({ contextOptions: { colorScheme: look.colorScheme, viewport: look.viewport } });

    test(`every page is accessible and fits (${look.name})`, async ({ app }) => {
      test.setTimeout(300_000);
      for (const { path, ready } of PAGES) {
        await test.step(path, async () => {
          await app.goto(path);
          await live(app);
          await expect(app.locator(ready).first()).toBeVisible();
          await expect(app.getByText('Loading', { exact: true })).toHaveCount(0);
          await app.screenshot({
            path: `test-results/screens/${look.name}${path.replaceAll(/\W+/g, '-')}.png`,
          });
          await expectAccessible(app, `${path} (${look.name})`);
          await expectNoSidewaysScroll(app, `${path} (${look.name})`);
        });
      }
    });
  });
}

test('dialogs are accessible, and keys lead everywhere', async ({ app }) => {
  await app.keyboard.press('?');
  await expect(app.getByRole('dialog', { name: 'Help and shortcuts' })).toBeVisible();
  await expectAccessible(app, 'help');
  await app.keyboard.press('Escape');
  await expect(app.getByRole('dialog')).toHaveCount(0);
  await app.keyboard.press('/');
  await app.getByRole('combobox', { name: 'Search instruments' }).fill('eth');
  await expect(app.getByRole('dialog').getByRole('option').first()).toContainText('ETH');
  await expectAccessible(app, 'search');
  await app.keyboard.press('Enter');
  await expect(app).toHaveURL(/\/chart\?.*instrument=ETH/);
  for (const [key, page] of [
    ['t', 'trading'],
    ['a', 'algorithms'],
    ['b', 'backtest'],
    ['v', 'data'],
    ['s', 'settings'],
    ['p', 'admin'],
    ['r', 'reference'],
    ['d', 'dashboard'],
  ]) {
    // The second key has to follow soon; on a machine that stood still for so long it is typed again.
    await expect(async () => {
      await app.keyboard.press('g');
      await app.keyboard.press(key ?? '');
      await expect(app).toHaveURL(new RegExp(`/${page}`), { timeout: 2_000 });
    }).toPass();
  }
  await app.getByRole('button', { name: 'Kill switch' }).click();
  await expect(app.getByRole('dialog')).toBeVisible();
  await expectAccessible(app, 'kill switch question');
  await app.keyboard.press('Escape');
  await expect(app.getByRole('dialog')).toHaveCount(0);
});

test('the theme follows the choice and stays chosen', async ({ app }) => {
  const theme = app.locator('html');
  const before = await theme.getAttribute('data-theme');
  await app.getByRole('button', { name: 'Your menu' }).click();
  await app.getByRole('button', { name: /^Use the/ }).click();
  await expect(theme).not.toHaveAttribute('data-theme', before ?? '');
  const chosen = await theme.getAttribute('data-theme');
  await app.reload();
  await expect(theme).toHaveAttribute('data-theme', chosen ?? '');
});

test('an order is placed and canceled with the keyboard alone', async ({ app }) => {
  await app.goto('/trading');
  const bid = app.getByTitle('Use the bid as price');
  await expect(bid.locator('.num')).toHaveText(/\d/);
  const price = Math.floor(Number((await bid.locator('.num').innerText()).replaceAll(',', '')) * 0.9);
  await bid.focus();
  await app.keyboard.press('Tab');
  await app.keyboard.press('Tab');
  await app.keyboard.press('ArrowRight');
  await expect(app.getByRole('radio', { name: 'Sell' })).toBeChecked();
  await app.keyboard.press('ArrowLeft');
  await expect(app.getByRole('radio', { name: 'Buy' })).toBeChecked();
  await app.keyboard.press('Tab');
  await app.keyboard.press('Tab');
  await app.keyboard.type(String(price));
  await app.keyboard.press('Tab');
  await app.keyboard.type('0.01');
  await app.keyboard.press('Enter');
  const row = app.getByRole('tabpanel').locator('tr[data-order]').filter({ hasText: 'manual' });
  await expect(row).toHaveCount(1);
  await row.getByRole('button', { name: /^Cancel/ }).focus();
  await app.keyboard.press('Enter');
  await expect(row).toHaveCount(0);
});

/** The Data page over stored bars with a hole: catalogue, calendars, corporate actions; who may change what. */
import type { Page } from '@playwright/test';
import { expectAccessible, expectNoSidewaysScroll } from './support/axe';
import { Demo } from './support/demo';
import { expect, live, signIn, test as base, watch } from './support/test';
import { importBars, walk } from './support/walk';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Of a market that no venue of the demo has: what is stored of it is what is imported here. */
const WALK = 'WALK-USD.TEST';
const MINUTES = `bars~${WALK}~1m`;
const READER = { username: 'chandra', name: 'Chandra', password: 'nine quick green kites' };
const now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
/** Two hours without a bar, three days ago. */
const HOLE = { from: now - 3 * DAY_MS, to: now - 3 * DAY_MS + 120 * MINUTE_MS };

function prepare(data: string): void {
  const minutes = walk(31 * 1_440, MINUTE_MS, now);
  const outside = ({ ts }: { ts: string }) => Date.parse(ts) < HOLE.from || Date.parse(ts) >= HOLE.to;
  importBars(data, [WALK, '1m'], minutes.filter(outside));
  // Older than bars of ten seconds are kept.
  importBars(data, [WALK, '10s'], walk(360, 10_000, now - 100 * DAY_MS));
}

const test = base.extend<object, { demo: Demo }>({
  demo: [
    async ({}, use) => {
      const demo = await Demo.start(prepare);
      await use(demo);
      await demo.dispose();
    },
    { scope: 'worker', timeout: 90_000 },
  ],
});

async function open(page: Page, query: string): Promise<void> {
  await page.goto(`/data?${query}`);
  await live(page);
  await expect(page.getByRole('tab', { selected: true })).toBeVisible();
}
const dialog = (page: Page) => page.getByRole('dialog');
const day = (page: Page, date: string) => page.locator(`td[data-date="${date}"]`);

test('a stored series shows its gaps and its quality', async ({ app }) => {
  await open(app, 'tab=catalogue');
  const row = app.locator(`tr[data-series="${MINUTES}"]`);
  await expect(row).toContainText((31 * 1_440 - 120).toLocaleString('en'));
  await app.getByLabel('Instrument', { exact: true }).fill(WALK);
  await app.keyboard.press('Enter');
  await expect(app).toHaveURL(/of=WALK-USD.TEST/);
  await expect(app.locator('tr[data-series]')).toHaveCount(2);
  await app.getByLabel('Kind').selectOption('trades');
  await expect(app.getByText('Nothing is stored of this.')).toBeVisible();
  await app.getByLabel('Kind').selectOption('');

  await row.getByRole('button').click();
  await expect(app).toHaveURL(/series=bars/);
  const gaps = app.getByRole('region', { name: 'Gaps' });
  const hole = gaps.locator('tbody tr').filter({ has: app.locator(`time[datetime^="${iso(HOLE.from)}"]`) });
  await expect(hole).toContainText('120');
  await expect(hole.locator(`time[datetime^="${iso(HOLE.to)}"]`)).toBeVisible();
  await expect(gaps.getByRole('img', { name: /Strip of time with/ })).toBeVisible();
  await gaps.getByLabel('Looked at').selectOption('90');
  await expect(app).toHaveURL(/days=90/);

  const quality = app.getByRole('region', { name: 'Quality' });
  await expect(quality.locator('tr[data-check=gaps]')).toContainText('120');
  await expect(quality.locator('tr[data-check=ohlc_order]')).toContainText('0 %');
  await expect(row).toContainText(/0\.\d{3}/);
  await app.getByRole('button', { name: 'Check the quality of these' }).click();
  await expect(app.locator(`tr[data-series="bars~${WALK}~10s"]`)).toContainText(/[01]\.\d{3}/);
});

test('a backfill says what came of it', async ({ app }) => {
  await open(app, `tab=catalogue&series=${MINUTES}`);
  const gaps = app.getByRole('region', { name: 'Gaps' });
  await gaps.getByRole('button', { name: 'Backfill' }).click();
  // No venue has this market.
  await expect(gaps.getByText(/It did not get further: .+/)).toBeVisible();

  await open(app, 'tab=catalogue&series=bars~BTC-USD.COINBASE~1h');
  await gaps.getByRole('button', { name: 'Backfill' }).click();
  const came = gaps.getByTestId('backfilled');
  await expect(came).toContainText(/Gaps left\s*[\d,]+/, { timeout: 60_000 });
  await expect(gaps.getByRole('button', { name: 'Backfill' })).toBeVisible({ timeout: 60_000 });
});

test('the tail is compacted, and what is too old goes after a question', async ({ app }) => {
  await open(app, 'tab=catalogue');
  await app.getByRole('button', { name: 'Compact the tail' }).click();
  await expect(app.getByRole('status').getByText(/rows went from the tail|The tail was empty/)).toBeVisible();

  const retention = app.getByRole('region', { name: 'Retention' });
  const due = retention.getByRole('group', { name: 'Files that are due' }).locator('tbody tr');
  await expect(due).toHaveCount(1);
  await expect(due).toContainText(WALK);
  await expect(due).toContainText('360');
  await retention.getByRole('button', { name: 'Apply…' }).click();
  await expect(dialog(app)).toContainText('360 rows');
  await expectAccessible(app, 'retention question');
  await app.keyboard.press('Escape');
  await expect(due).toHaveCount(1);
  await retention.getByRole('button', { name: 'Apply…' }).click();
  await dialog(app).getByRole('button', { name: 'Take them away' }).click();
  await expect(retention.getByText('Nothing is old enough to go.')).toBeVisible();
  await expect(app.locator(`tr[data-series="bars~${WALK}~10s"]`)).toHaveCount(0);
  // They became minutes first.
  await expect(app.locator(`tr[data-series="${MINUTES}"]`)).toContainText(
    (31 * 1_440 - 120 + 60).toLocaleString('en'),
  );
});

test('a month shows sessions and holidays, and goes by keyboard', async ({ app }) => {
  await open(app, 'tab=calendars&calendar=XNYS&month=2026-11');
  await expect(day(app, '2026-11-25')).toHaveAttribute('data-mark', 'SESSION');
  await expect(day(app, '2026-11-25')).toContainText('09:30–16:00');
  await expect(day(app, '2026-11-26')).toHaveAttribute('data-mark', 'HOLIDAY');
  await expect(day(app, '2026-11-27')).toHaveAttribute('data-mark', 'EARLY_CLOSE');
  await expect(day(app, '2026-11-27')).toContainText('09:30–13:00');
  await expect(day(app, '2026-11-28')).toHaveAttribute('data-mark', 'NONE');

  await day(app, '2026-11-18').getByRole('button').focus();
  await app.keyboard.press('ArrowDown');
  await app.keyboard.press('ArrowDown');
  await expect(day(app, '2026-12-02').getByRole('button')).toBeFocused();
  await app.keyboard.press('ArrowUp');
  await expect(day(app, '2026-11-25').getByRole('button')).toBeFocused();
  await app.keyboard.press('ArrowRight');
  await expect(day(app, '2026-11-26').getByRole('button')).toBeFocused();
  await app.keyboard.press('Enter');
  await expect(app.getByTestId('day')).toContainText('Thanksgiving');
  await app.keyboard.press('PageUp');
  await expect(app).toHaveURL(/month=2026-10/);
  await expect(day(app, '2026-10-26').getByRole('button')).toBeFocused();

  await app.getByRole('button', { name: 'Table' }).click();
  await expect(app.locator('tr[data-date]')).toHaveCount(22);
});

test('an override is added, changed, seen everywhere and removed', async ({ app }) => {
  await open(app, 'tab=calendars&calendar=XNYS&month=2027-03&day=2027-03-10');
  await expect(day(app, '2027-03-10')).toHaveAttribute('data-mark', 'SESSION');
  await app.getByRole('button', { name: 'Lay over…' }).click();
  await dialog(app).getByRole('button', { name: 'Lay over' }).click();
  await expect(dialog(app).getByLabel('Name')).toHaveAttribute('aria-invalid', 'true');
  await dialog(app).getByLabel('Name').fill('Day of mourning');
  await expectAccessible(app, 'override form');
  await dialog(app).getByRole('button', { name: 'Lay over' }).click();
  await expect(dialog(app)).toHaveCount(0);
  await expect(day(app, '2027-03-10')).toHaveAttribute('data-mark', 'HOLIDAY');
  await expect(app.getByTestId('day')).toContainText('Day of mourning');
  await expect(app.getByTestId('day')).toContainText('Session 09:30–16:00');

  const row = app.locator('tr[data-override="2027-03-10"]');
  await row.getByRole('button', { name: /^Change/ }).click();
  await dialog(app).getByLabel('What becomes of it').selectOption('EARLY_CLOSE');
  // After the regular close: the server knows that, the form does not.
  await dialog(app).getByRole('textbox', { name: 'Close' }).fill('23:30');
  await dialog(app).getByRole('button', { name: 'Change' }).click();
  await expect(dialog(app).locator('.note.bad, [role=alert]').first()).toBeVisible();
  await dialog(app).getByRole('textbox', { name: 'Close' }).fill('12:00');
  await dialog(app).getByRole('button', { name: 'Change' }).click();
  await expect(day(app, '2027-03-10')).toContainText('09:30–12:00');
  await expect(row).toContainText('Early close');

  await row.getByRole('button', { name: /^Remove/ }).click();
  await dialog(app).getByRole('button', { name: 'Remove' }).click();
  await expect(row).toHaveCount(0);
  await expect(day(app, '2027-03-10')).toHaveAttribute('data-mark', 'SESSION');
  await expect(day(app, '2027-03-10')).toContainText('09:30–16:00');
});

test('a file of overrides is taken whole or not at all', async ({ app }) => {
  await open(app, 'tab=calendars&calendar=XLON&month=2027-04');
  const send = async (lines: string[]) => {
    const buffer = Buffer.from(['date,kind,open,close,name', ...lines].join('\n'));
    const file = app.getByLabel('Import days from CSV', { exact: true }).and(app.locator('input'));
    await file.setInputFiles({ name: 'days.csv', mimeType: 'text/csv', buffer });
    await app.getByRole('button', { name: 'Import', exact: true }).click();
  };
  await send(['2027-04-14,holiday,,,Day of mourning', '2027-04-15,holliday,,,Typo', 'soon,holiday,,,When?']);
  const refused = app.getByTestId('import-refused');
  await expect(refused).toContainText('line 3');
  await expect(refused).toContainText('line 4');
  await expectAccessible(app, 'refused import');
  await expect(app.locator('tr[data-override]')).toHaveCount(0);
  await send(['2027-04-14,holiday,,,Day of mourning', '2027-04-15,early_close,,12:30,Half day']);
  await expect(app.locator('tr[data-override]')).toHaveCount(2);
  await expect(refused).toHaveCount(0);
  await expect(day(app, '2027-04-15')).toHaveAttribute('data-mark', 'EARLY_CLOSE');
});

test('expiries of an underlying are listed with their labels', async ({ app }) => {
  await open(
    app,
    'tab=calendars&calendar=NFO&underlying=NIFTY&expiries_from=2025-09-01&expiries_to=2025-10-31',
  );
  // The first Tuesday after the change of the weekday, and the month's last.
  const nearest = app.locator('tr[data-expiry="2025-09-02"]');
  await expect(nearest).toContainText('W0');
  await expect(app.locator('tr[data-expiry="2025-09-30"]').filter({ hasText: 'M0' })).toHaveCount(1);
  await app.getByLabel('Underlying').selectOption('BANKNIFTY');
  await app.getByRole('button', { name: 'Show', exact: true }).click();
  await expect(app).toHaveURL(/underlying=BANKNIFTY/);
  await expect(nearest).toHaveCount(0);
  await expect(app.locator('tr[data-expiry="2025-09-30"]').first()).toBeVisible();
});

test('a split is entered, adjusts the history, and is removed', async ({ app }) => {
  await open(app, 'tab=actions');
  await expect(app.getByText('None are entered yet.')).toBeVisible();
  await app.getByRole('button', { name: 'Add…' }).click();
  await dialog(app).getByRole('button', { name: 'Enter it' }).click();
  await expect(dialog(app).getByLabel('Units afterwards')).toHaveAttribute('aria-invalid', 'true');
  await dialog(app).getByLabel('Instrument').fill('RELIANCE.XNSE');
  await dialog(app).getByLabel('Ex-date').fill('2017-09-07');
  await dialog(app).getByLabel('Units afterwards').fill('2');
  await dialog(app).getByLabel('Units before').fill('1');
  await dialog(app).getByLabel('Source').fill('NSE circular');
  await expectAccessible(app, 'corporate action form');
  await dialog(app).getByRole('button', { name: 'Enter it' }).click();
  const row = app.locator('tr[data-action]');
  await expect(row).toContainText('2 for 1');
  await row.getByRole('button', { name: 'RELIANCE.XNSE', exact: true }).click();
  await expect(app).toHaveURL(/of=RELIANCE.XNSE/);
  const factor = app.locator('tr[data-factor]');
  await expect(factor).toHaveCount(1);
  await expect(factor.locator('td').nth(1)).toHaveText('0.5');
  await expect(factor.locator('td').nth(2)).toHaveText('2');
  await row.getByRole('button', { name: /^Remove/ }).click();
  await dialog(app).getByRole('button', { name: 'Remove' }).click();
  await expect(row).toHaveCount(0);
  await expect(app.getByText('Nothing adjusts its history')).toBeVisible();
});

test('who is no administrator reads everything and changes nothing', async ({ app, browser, demo }) => {
  await app.goto('/admin');
  await app.getByRole('button', { name: 'New user' }).click();
  await app.getByLabel('User name').fill(READER.username);
  await app.getByLabel('Name', { exact: true }).fill(READER.name);
  await app.getByLabel('First password').fill(READER.password);
  await app.getByRole('button', { name: 'Create user' }).click();
  await expect(app.locator(`tr[data-user=${READER.username}]`)).toBeVisible();

  const context = await browser.newContext({ baseURL: demo.url });
  const page = await context.newPage();
  const complaints = watch(page);
  await page.goto('/');
  await signIn(page, READER.username, READER.password);
  const main = page.getByRole('main');
  await open(page, `tab=catalogue&series=${MINUTES}`);
  await expect(page.locator('tr[data-check=gaps]')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Retention' }).locator('tbody tr').first()).toBeVisible();
  await expect(main.getByRole('button', { name: /Compact|Backfill|Apply/ })).toHaveCount(0);
  await open(page, 'tab=calendars&calendar=XNYS&month=2027-03&day=2027-03-10');
  await expect(page.getByTestId('day')).toBeVisible();
  await expect(page.getByText('Nothing: the calendar goes by its rules.')).toBeVisible();
  await expect(main.getByRole('button', { name: /Lay over|Add|Import/ })).toHaveCount(0);
  await open(page, 'tab=actions');
  await expect(page.getByText('None are entered yet.')).toBeVisible();
  await expect(main.getByRole('button', { name: /Add|Remove|Import/ })).toHaveCount(0);
  await context.close();
  expect(complaints, 'the console stayed quiet').toEqual([]);
});

const LOOKS = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1440, height: 900 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1440, height: 900 } },
  { name: 'phone', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const;
const PARTS = [
  { name: 'catalogue', query: `tab=catalogue&series=${MINUTES}`, ready: 'tr[data-check]' },
  { name: 'calendar', query: 'tab=calendars&calendar=XNSE&month=2026-11&day=2026-11-10', ready: 'dl.facts' },
  { name: 'days', query: 'tab=calendars&calendar=CMES&month=2026-11&view=table', ready: 'tr[data-date]' },
  { name: 'actions', query: 'tab=actions&of=RELIANCE.XNSE', ready: 'text=Adjustment factors of' },
] as const;

for (const look of LOOKS) {
  test.describe(look.name, () => {
    test.use({ contextOptions: { colorScheme: look.colorScheme, viewport: look.viewport } });

    test(`every part is accessible and fits (${look.name})`, async ({ app }) => {
      for (const { name, query, ready } of PARTS) {
        await test.step(name, async () => {
          await open(app, query);
          await expect(app.locator(ready).first()).toBeVisible();
          await expect(app.getByText('Loading', { exact: true })).toHaveCount(0);
          await app.screenshot({
            path: `test-results/screens/${look.name}-data-${name}.png`,
            fullPage: true,
          });
          await expectAccessible(app, `${name} (${look.name})`);
          await expectNoSidewaysScroll(app, `${name} (${look.name})`);
        });
      }
    });
  });
}

/** As times of the server begin, to the minute. */
function iso(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16);
}

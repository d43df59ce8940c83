/** Orders of every type, brackets, changes, statements: against the real binary. */
import { expectAccessible } from './support/axe';
import { expect, test } from './support/test';
import type { Page } from '@playwright/test';

/** Ours: the demo's strategies have orders of their own, with their own exits. */
const openOrders = (page: Page) =>
  page.getByRole('tabpanel').locator('tr[data-order]').filter({ hasText: 'manual' });

async function bid(page: Page): Promise<number> {
  const figure = page.getByTitle('Use the bid as price').locator('.num');
  await expect(figure).toHaveText(/\d/);
  return Number((await figure.innerText()).replaceAll(',', ''));
}

async function choose(page: Page, type: string): Promise<void> {
  await page.getByRole('radio', { name: type, exact: true }).check();
}

test('the ticket shows only what its type has, and says what will happen', async ({ app }) => {
  await app.goto('/trading');
  const summary = app.getByRole('group', { name: 'What will happen' });
  await choose(app, 'Market');
  await expect(app.getByLabel(/^Price \(/)).toHaveCount(0);
  await expect(app.getByLabel('Post-only')).toHaveCount(0);
  await choose(app, 'Trailing');
  await app.getByLabel('Trails by', { exact: true }).fill('2');
  await app.getByLabel(/^Quantity \(/).fill('0.01');
  await expect(summary).toContainText('Follows the best offer');
  await choose(app, 'Stop limit');
  await app.getByLabel('In force').selectOption('GTD');
  await app.getByLabel('Iceberg').check();
  await app.getByLabel('Stop-loss and take-profit').check();
  await expect(app.getByLabel(/^Until/)).toBeVisible();
  await expectAccessible(app, 'the longest ticket');
});

test('a bracket is placed, changed and canceled', async ({ app }) => {
  await app.goto('/trading');
  const far = Math.floor((await bid(app)) * 0.8);
  await app.getByLabel(/^Price \(/).fill(String(far));
  await app.getByLabel(/^Quantity \(/).fill('0.01');
  await app.getByLabel('Stop-loss and take-profit').check();
  await app.getByLabel('Stop-loss', { exact: true }).fill('5');
  await app.getByLabel('Take-profit', { exact: true }).fill('10');
  await app.getByLabel('Take-profit', { exact: true }).press('Enter');
  await expect(app.getByText('Stop-loss waits for the entry')).toBeVisible();
  const entry = openOrders(app).filter({ hasNotText: 'reduce-only' });
  const loss = openOrders(app).filter({ hasText: 'stop-loss of' });
  const profit = openOrders(app).filter({ hasText: 'take-profit of' });
  for (const row of [entry, loss, profit]) await expect(row).toHaveCount(1);

  await entry.getByRole('button', { name: /^Change/ }).click();
  const dialog = app.getByRole('dialog', { name: 'Change order' });
  await expectAccessible(app, 'changing an order');
  await dialog.getByRole('button', { name: 'Change order' }).click();
  await expect(dialog.getByText('Nothing is to be changed.')).toBeVisible();
  await dialog.getByLabel(/^Price \(/).fill(String(far - 1));
  await dialog.getByRole('button', { name: 'Change order' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(entry).toContainText((far - 1).toLocaleString('en-US'));

  await entry.getByRole('button', { name: /^Cancel/ }).click();
  for (const row of [entry, loss, profit]) await expect(row).toHaveCount(0);
});

test('a stop rests with its trigger', async ({ app }) => {
  await app.goto('/trading');
  const trigger = Math.ceil((await bid(app)) * 1.2);
  await choose(app, 'Stop');
  await app.getByLabel(/^Trigger \(/).fill(String(trigger));
  await app.getByLabel(/^Quantity \(/).fill('0.01');
  await app.getByLabel(/^Quantity \(/).press('Enter');
  const row = openOrders(app).filter({ hasText: trigger.toLocaleString('en-US') });
  await expect(row).toHaveCount(1);
  await row.getByRole('button', { name: /^Cancel/ }).click();
  await expect(row).toHaveCount(0);
});

test('a statement is looked at, booked once, and exported', async ({ app }) => {
  await app.goto('/trading?tab=statements');
  const csv = [
    'date,type,amount,currency,id',
    '2026-01-05,DEPOSIT,125.50,USD,d-1',
    '2026-01-06,LOTTERY,5,USD,l-1',
  ];
  const file = { name: 'mine.csv', mimeType: 'text/csv', buffer: Buffer.from(csv.join('\n')) };
  await app.getByLabel(/^File/).setInputFiles(file);
  await app.getByLabel('Read it as').selectOption('generic');
  await app.getByRole('button', { name: 'Look at it' }).click();
  await expect(app.getByText('1 to be booked, 1 refused')).toBeVisible();
  await expectAccessible(app, 'a statement');
  await app.getByRole('button', { name: 'Book it' }).click();
  await app.getByRole('dialog').getByRole('button', { name: 'Book it' }).click();
  await expect(app.getByText('The statement is booked')).toBeVisible();
  await app.getByRole('button', { name: 'Look at it' }).click();
  await expect(app.getByText('1 booked before')).toBeVisible();
  const download = app.waitForEvent('download');
  await app.getByRole('link', { name: 'Ledger entries as CSV' }).click();
  expect((await download).suggestedFilename()).toMatch(/-entries\.csv$/);
});

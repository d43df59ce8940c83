/** Accessibility by axe-core, injected as a script of the test, not of the page. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { expect, type Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export async function expectAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(`${source};0`);
  const results = await page.evaluate(async (tags) => {
    const { axe } = window as unknown as {
      axe: { run(node: Element | Document, options: object): Promise<AxeResults> };
    };
    // What is behind a modal dialog can't be reached; it is checked when the dialog is closed.
    const dialog = document.querySelector('dialog:modal');
    if (dialog) return axe.run(dialog, { runOnly: tags });
    // Bars that stay while the page scrolls lie over whatever happens to be beneath them at the moment, and axe
    // takes that for a target which is too small. For the check they stand where they are in the page.
    const every = Array.from(document.querySelectorAll<HTMLElement | SVGElement>('body *'));
    const stuck = every.filter((element) => ['fixed', 'sticky'].includes(getComputedStyle(element).position));
    for (const element of stuck) element.style.setProperty('position', 'static', 'important');
    try {
      return await axe.run(document, { runOnly: tags });
    } finally {
      for (const element of stuck) element.style.removeProperty('position');
    }
  }, TAGS);
  const violations = results.violations.map(({ id, help, nodes }) => ({
    id,
    help,
    where: nodes
      .slice(0, 5)
      .map((node) => `${node.target.join(' ')}: ${node.any[0]?.message ?? node.failureSummary ?? ''}`),
  }));
  // Soft, so that one run tells about every page.
  expect.soft(violations, `axe on ${what}`).toEqual([]);
}

/** Nothing sticks out to the right: the page never scrolls sideways. */
export async function expectNoSidewaysScroll(page: Page, what: string): Promise<void> {
  const over = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect.soft(over, `${what} is not wider than the screen`).toBeLessThanOrEqual(0);
}

/** The address bar as state: which page, and the page's own query. Pages read and write their query here. */

export const PAGES = [
  'dashboard',
  'chart',
  'trading',
  'algorithms',
  'backtest',
  'data',
  'settings',
  'admin',
  'reference',
] as const;
export type PageName = (typeof PAGES)[number];

interface Place {
  page: PageName | null;
  query: URLSearchParams;
}

function read(): Place {
  const [first = ''] = location.pathname.split('/').filter(Boolean);
  const page = first === '' ? 'dashboard' : (PAGES.find((name) => name === first) ?? null);
  return { page, query: new URLSearchParams(location.search) };
}

/** Kept when going from page to page; everything else in a query belongs to one page. */
const SHARED = ['account', 'instrument'];

class Router {
  #place: Place = $state.raw(read());

  constructor() {
    addEventListener('popstate', () => (this.#place = read()));
  }

  /** `null` for an address that is no page. */
  get page() {
    return this.#place.page;
  }
  get(name: string): string | null {
    return this.#place.query.get(name);
  }

  href(page: PageName, query: Record<string, string | null | undefined> = {}): string {
    const next = new URLSearchParams();
    for (const name of SHARED) {
      const value = this.get(name);
      if (value) next.set(name, value);
    }
    return this.#write(`/${page}`, next, query);
  }

  go(page: PageName, query: Record<string, string | null | undefined> = {}): void {
    this.open(this.href(page, query));
  }

  open(href: string): void {
    history.pushState(null, '', href);
    this.#place = read();
    scrollTo(0, 0);
  }

  /** Changes the page's query in place; `null` removes. */
  set(query: Record<string, string | null | undefined>): void {
    const href = this.#write(location.pathname, new URLSearchParams(location.search), query);
    history.replaceState(null, '', href);
    this.#place = read();
  }

  /** Lets links of our own origin change the page without a load. */
  follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
      return;
    const link = (event.target as Element | null)?.closest('a');
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
    if (link.pathname.startsWith('/api/') || link.getAttribute('href')?.startsWith('#')) return;
    event.preventDefault();
    this.open(link.pathname + link.search);
  }

  #write(path: string, base: URLSearchParams, query: Record<string, string | null | undefined>): string {
    for (const [name, value] of Object.entries(query)) {
      if (value) base.set(name, value);
      else base.delete(name);
    }
    const text = base.toString();
    return text ? `${path}?${text}` : path;
  }
}

export const router = new Router();

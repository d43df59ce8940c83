/** The pages as the navigation shows them, with the letter that goes there after `g`. */
import type { IconName } from '$/ui/Icon.svelte';
import type { PageName } from './router.svelte';

export interface NavigationItem {
  page: PageName;
  title: string;
  icon: IconName;
  key: string;
  /** On the phone's bar there is room for five. */
  primary: boolean;
}

export const NAVIGATION: readonly NavigationItem[] = [
  { page: 'dashboard', title: 'Dashboard', icon: 'dashboard', key: 'd', primary: true },
  { page: 'chart', title: 'Chart', icon: 'chart', key: 'c', primary: true },
  { page: 'trading', title: 'Trading', icon: 'trading', key: 't', primary: true },
  { page: 'algorithms', title: 'Algorithms', icon: 'algorithms', key: 'a', primary: true },
  { page: 'backtest', title: 'Backtest', icon: 'backtest', key: 'b', primary: false },
  { page: 'data', title: 'Data', icon: 'data', key: 'v', primary: true },
  { page: 'settings', title: 'Settings', icon: 'settings', key: 's', primary: false },
  { page: 'admin', title: 'People', icon: 'admin', key: 'p', primary: false },
  { page: 'reference', title: 'API', icon: 'reference', key: 'r', primary: false },
];

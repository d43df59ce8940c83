/** A backtest's report: one file with everything in it, opened from disk or mail, without any server. */
import { mount } from 'svelte';
import '../theme/tokens.css';
import './report.css';
import { read } from './document';
import Report from './Report.svelte';
import { themeOf } from './theme';

const dark = window.matchMedia('(prefers-color-scheme: dark)');
document.documentElement.dataset['theme'] = themeOf(location.hash, dark.matches);

const target = document.getElementById('report');
const data = document.getElementById('data')?.textContent ?? '';
if (target) {
  try {
    const report = read(data);
    document.title = `${report.name} – backtest`;
    mount(Report, { target, props: { report } });
  } catch (error) {
    target.textContent = error instanceof Error ? error.message : String(error);
  }
}

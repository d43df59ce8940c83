/** The theme's colours for canvases, read from the same custom properties that the style sheets use. */

export interface Palette {
  surface: string;
  text: string;
  text2: string;
  line: string;
  lineStrong: string;
  grid: string;
  accent: string;
  up: string;
  down: string;
  upFill: string;
  downFill: string;
  upSoft: string;
  downSoft: string;
  series: string[];
  font: string;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const value = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    surface: value('surface'),
    text: value('text'),
    text2: value('text-2'),
    line: value('line'),
    lineStrong: value('line-strong'),
    grid: value('grid'),
    accent: value('accent'),
    up: value('up'),
    down: value('down'),
    upFill: value('up-fill'),
    downFill: value('down-fill'),
    upSoft: value('volume-up'),
    downSoft: value('volume-down'),
    series: [1, 2, 3, 4, 5, 6, 7, 8].map((index) => value(`series-${index}`)),
    font: value('font'),
  };
}

/** Dark or light: what the address asks for (`#dark`, as the app does), or what the system prefers. */
export function themeOf(hash: string, systemDark: boolean): 'dark' | 'light' {
  if (hash === '#dark' || hash === '#light') return hash === '#dark' ? 'dark' : 'light';
  return systemDark ? 'dark' : 'light';
}

/** A running `tradewind demo` with its own data folder, started and stopped by the tests. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const BINARY = process.env['TRADEWIND_BIN'] ?? '../target/release/tradewind';
const START_MS = 60_000;
const STOP_MS = 10_000;
const LINK = /(https?:\/\/[^\s/]+)\/?\S*#(setup|signin)=([A-Za-z0-9_.~-]+)/;

export interface Link {
  kind: 'setup' | 'signin';
  token: string;
}

export class Demo {
  readonly data: string;
  url = '';
  link: Link | null = null;
  /** Everything it printed, for when a test fails. */
  output = '';
  #process: ChildProcess | null = null;

  private constructor(data: string) {
    this.data = data;
  }

  /** `prepare` has the data folder to itself before the program starts. */
  static async start(prepare: (data: string) => void = () => undefined): Promise<Demo> {
    const demo = new Demo(mkdtempSync(join(tmpdir(), 'tradewind-e2e-')));
    prepare(demo.data);
    await demo.run('127.0.0.1:0');
    return demo;
  }

  /** Starts the program on its data, and waits for the link that it prints. */
  async run(listen: string): Promise<void> {
    const child = spawn(BINARY, ['demo', '--data', this.data, '--listen', listen], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Backups are taken as they would be: under a key.
      env: { ...process.env, TRADEWIND_BACKUP_KEY: 'a7'.repeat(32) },
    });
    this.#process = child;
    this.link = null;
    const seen: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no link was printed:\n${seen.join('')}`)), START_MS);
      const hear = (chunk: Buffer) => {
        seen.push(chunk.toString());
        this.output += chunk.toString();
        const found = LINK.exec(seen.join(''));
        if (!found || this.link) return;
        clearTimeout(timer);
        this.url = found[1] ?? '';
        this.link = { kind: found[2] as Link['kind'], token: found[3] ?? '' };
        resolve();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`it ended with ${code}:\n${seen.join('')}`)));
    });
  }

  get href(): string {
    if (!this.link) throw new Error('the demo is not running');
    return `${this.url}/#${this.link.kind}=${this.link.token}`;
  }

  /** Ctrl-C, as a person would, or a crash. Resolves with the time it took in ms. */
  async stop(signal: 'SIGINT' | 'SIGKILL' = 'SIGINT'): Promise<number> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null) return 0;
    child.removeAllListeners('exit');
    const began = performance.now();
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
    return performance.now() - began;
  }

  /** Starts again on the same data and the same port. */
  async restart(signal: 'SIGINT' | 'SIGKILL' = 'SIGINT'): Promise<number> {
    const took = await this.stop(signal);
    await this.run(new URL(this.url).host);
    return took;
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.data, { recursive: true, force: true });
  }
}

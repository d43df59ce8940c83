#!/usr/bin/env node
// Signs in to Tradewind end to end by an OpenID Connect provider that is not ours: npm's oidc-provider, pinned, on this
// machine, with a login form, consent and keys of three kinds. Starts both, and stops both.
//
//     cargo build --features oidc --bin tradewind
//     node tools/try/oidc_walk.mjs target/debug/tradewind
//
// Says what it found, and ends with 1 at the first thing that is not as it should be. Installs oidc-provider into a
// temporary folder (npm). Takes a little over a minute: a rotated key is found once the keys are a minute old.
import { spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const PINNED = 'oidc-provider@8.8.1';
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];
const binary = process.argv[2];
if (!binary) throw new Error('usage: oidc_walk.mjs PATH-TO-TRADEWIND');
const folder = mkdtempSync(join(tmpdir(), 'oidc-walk-'));
const stops = [];
function fail(what) {
  console.error(`broken: ${what}`);
  for (const stop of stops) stop();
  process.exit(1);
}
const check = (holds, what) => (holds ? console.log(`ok: ${what}`) : fail(what));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

function keys() {
  const key = (kind, options, alg) => {
    const jwk = generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' });
    return { ...jwk, alg, use: 'sig', kid: randomUUID() };
  };
  return {
    keys: [
      key('rsa', { modulusLength: 2048 }, 'RS256'),
      key('ec', { namedCurve: 'P-256' }, 'ES256'),
      key('ed25519', {}, 'EdDSA'),
    ],
  };
}

const installed = spawnSync(
  'npm',
  ['install', '--no-audit', '--no-fund', '--silent', '--ignore-scripts', '--prefix', folder, PINNED],
  { stdio: 'inherit' },
);
if (installed.status !== 0) fail(`npm install ${PINNED}`);
const entry = join(folder, 'node_modules/oidc-provider/lib/index.js');
const { default: Provider } = await import(pathToFileURL(entry));

const [port, appPort] = [await freePort(), await freePort()];
const issuer = `http://127.0.0.1:${port}`;
const app = `http://127.0.0.1:${appPort}`;
const clients = ALGORITHMS.map((alg) => ({
  client_id: `tradewind-${alg}`,
  client_secret: 'not a secret: of this walk alone',
  redirect_uris: [`${app}/api/v1/oidc/callback`],
  id_token_signed_response_alg: alg,
  token_endpoint_auth_method: alg === 'ES256' ? 'client_secret_post' : 'client_secret_basic',
}));
function provide(jwks) {
  const provider = new Provider(issuer, {
    clients,
    jwks,
    pkce: { required: () => true, methods: ['S256'] },
    conformIdTokenClaims: false,
    claims: { profile: ['preferred_username', 'name', 'groups'] },
    enabledJWA: { idTokenSigningAlgValues: ALGORITHMS },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: id, name: `Walker ${id}`, groups: ['traders'] }),
    }),
    cookies: { keys: ['of this walk alone'] },
  });
  return new Promise((done) => {
    const server = provider.listen(port, '127.0.0.1', () => done(server));
  });
}
let server = await provide(keys());
stops.push(() => server.close());

const providers = ALGORITHMS.map(
  (alg) => `[[oidc]]
id = "${alg.toLowerCase()}"
name = "Walk ${alg}"
issuer = "${issuer}"
client_id = "tradewind-${alg}"
client_secret_env = "WALK_SECRET"
client_auth = "${alg === 'ES256' ? 'post' : 'basic'}"
callback = "${app}/api/v1/oidc/callback"
algorithms = ["${alg}"]
scopes = ["profile"]
create_users = true
role_claim = "groups"
roles = [{ value = "traders", role = "TRADER" }]
`,
);
const config = join(folder, 'tradewind.toml');
writeFileSync(config, `listen = "127.0.0.1:${appPort}"\n[catalogue]\nrecord = false\n${providers.join('')}`);
const program = spawn(binary, ['serve', '--data', join(folder, 'data'), '--config', config], {
  env: { ...process.env, WALK_SECRET: clients[0].client_secret, TRADEWIND_LOG: 'warn' },
  stdio: ['ignore', 'inherit', 'inherit'],
});
stops.push(() => program.kill('SIGTERM'));
for (let n = 0; ; n++) {
  const up = await fetch(`${app}/healthz`).then((r) => r.ok, () => false);
  if (up) break;
  if (n > 300) fail('the program starts');
  await pause(100);
}

/** A browser: cookies by host, redirects followed one by one. */
class Browser {
  jars = new Map();
  async open(url, init = {}) {
    for (let hop = 0; hop < 15; hop++) {
      const { host } = new URL(url);
      const jar = this.jars.get(host) ?? new Map();
      this.jars.set(host, jar);
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const headers = { accept: 'text/html,*/*;q=0.8', cookie, ...init.headers };
      const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
      for (const line of answer.headers.getSetCookie()) {
        const [name, ...value] = line.split(';')[0].split('=');
        if (value.join('=')) jar.set(name, value.join('='));
        else jar.delete(name);
      }
      const next = answer.headers.get('location');
      if (next === null) return { url, answer, text: await answer.text() };
      this.last = url;
      url = new URL(next, url).href;
      init = {};
      if (url.startsWith(`${app}/`) && !url.includes('/api/')) return { url, answer, text: '' };
    }
    return fail('no end of redirects');
  }
  /** Answers the provider's forms, as a person would, until the program is reached. */
  async signIn(provider, who) {
    let page = await this.open(`${app}/api/v1/oidc/${provider}/start`);
    for (let form = 0; form < 4 && page.url.startsWith(issuer); form++) {
      const action = /<form[^>]*action="([^"]+)"/.exec(page.text)?.[1];
      const prompt = /name="prompt" value="([^"]+)"/.exec(page.text)?.[1];
      if (!action) fail(`a form at ${page.url}: ${page.text.slice(0, 300)}`);
      const body = new URLSearchParams({ prompt, login: who, password: 'any' });
      page = await this.open(new URL(action, page.url).href, { method: 'POST', body });
    }
    return page.url;
  }
  async session() {
    const page = await this.open(`${app}/api/v1/session`, { headers: { accept: 'application/json' } });
    return JSON.parse(page.text);
  }
}

const listed = await fetch(`${app}/api/v1/oidc/providers`).then((r) => r.json());
check(listed.items.length === 3, `three providers are listed: ${listed.items.map((i) => i.name).join(', ')}`);
for (const alg of ALGORITHMS) {
  const browser = new Browser();
  const end = await browser.signIn(alg.toLowerCase(), 'walker');
  check(end === `${app}/`, `${alg}: there and back, and at ${end}`);
  const session = await browser.session();
  check(
    session.user?.username === 'walker' && session.user.role === 'TRADER',
    `${alg}: signed in as ${session.user?.username} (${session.user?.display_name}), ${session.user?.role}`,
  );
  const again = await browser.open(browser.last);
  check(again.url.endsWith('#oidc-error=OIDC_STATE_REFUSED'), `${alg}: the same answer again is refused`);
  const twice = await browser.signIn(alg.toLowerCase(), 'walker');
  check(twice === `${app}/`, `${alg}: again, without being asked`);
}
const thief = new Browser();
const honest = new Browser();
await honest.signIn('rs256', 'walker');
const stolen = await thief.open(honest.last);
check(stolen.url.endsWith('OIDC_STATE_REFUSED'), 'an answer in another browser is refused');
server.close();
server.closeAllConnections?.();
server = await provide(keys());
console.log('the provider has new keys; a minute passes');
await pause(61_000);
const rotated = new Browser();
check((await rotated.signIn('rs256', 'other')) === `${app}/`, 'a token of the new key is believed');
check((await rotated.session()).user?.username === 'other', 'signed in as somebody else');
server.close();
server.closeAllConnections?.();
for (const stop of stops) stop();
console.log(`done: ${PINNED}, Node ${process.version}`);
process.exit(0);

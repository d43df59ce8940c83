import { describe, expect, it } from 'vitest';
import { EXAMPLES, exampleText } from './examples';

const plan = {
  strategy: '',
  file: 'BTC-USDC.COINBASE-1m.csv',
  instrument: 'BTC-USDC.COINBASE',
  interval: '1m',
  cash: '5000',
  tick: '0.01',
  lot: '0.0001',
  fee: '0.002',
};

describe('an example', () => {
  it('is on the data that is chosen', () => {
    for (const example of EXAMPLES) {
      const lines = exampleText(example, plan).split('\n');
      for (const line of [
        'currency = "USDC"',
        'kind = "spot"',
        'file = "BTC-USDC.COINBASE-1m.csv"',
        'lot = "0.0001"',
        'taker = "0.002"',
      ])
        expect(lines).toContain(line);
      expect(Boolean(example.grid)).toBe(example.kind !== 'RUN');
    }
  });
  it('has the script that it names', () => {
    for (const example of EXAMPLES) {
      expect(example.rest.includes('script = ')).toBe(example.script !== undefined);
      if (example.script) expect(example.rest).toContain(`"${example.script.name}"`);
    }
  });
});

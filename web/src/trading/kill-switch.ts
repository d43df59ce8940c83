/** Engaging and lifting the kill switch of an account: the question, the request, the word afterwards. */
import { accounts } from '$/api';
import type { AccountRef } from '$/api/types';
import { confirmation } from '$/ui/confirm.svelte';
import { toasts } from '$/ui/toasts.svelte';

export async function askToEngage(account: AccountRef): Promise<void> {
  const answer = await confirmation.ask({
    title: `Engage the kill switch of ${account.name}?`,
    consequences: [
      'All open orders are canceled.',
      'New orders, by hand or by strategies, are refused until a person lifts it.',
    ],
    option: { label: 'Also close all open positions at market', initial: false },
    reason: { label: 'Reason (goes to the record)', initial: 'Stopped by hand' },
    action: 'Engage kill switch',
    danger: true,
  });
  if (!answer) return;
  const body = { flatten: answer.option, reason: answer.reason };
  await toasts.run(
    'The kill switch was not engaged',
    () => accounts.engageKillSwitch(account.account, body),
    'Kill switch engaged',
  );
}

export async function askToLift(account: AccountRef): Promise<void> {
  const answer = await confirmation.ask({
    title: `Lift the kill switch of ${account.name}?`,
    consequences: ['Orders are accepted again, and strategies that are switched on will trade.'],
    action: 'Lift kill switch',
  });
  if (!answer) return;
  await toasts.run(
    'The kill switch was not lifted',
    () => accounts.liftKillSwitch(account.account),
    'Kill switch lifted',
  );
}

//! Accounts of the configuration, opened when they are missing.

use anyhow::Context as _;
use tradewind_engine::EngineHandle;
use tradewind_strategy::COMBINED;
use tradewind_types::record::{Command, CommandEnvelope};
use tradewind_types::{AccountInfo, AccountKind, Money, StrategyId, UnixNanos, UserId};

use crate::config::{AccountConfig, FileConfig};
use crate::failure::Failure;

/// Owner of accounts that the program opens by itself; people get at them through memberships.
pub(crate) const SYSTEM_USER: &str = "system";

/// A command of the program itself; the engine stamps the time.
pub(crate) fn envelope(command: Command) -> CommandEnvelope {
    CommandEnvelope {
        actor: SYSTEM_USER.to_owned(),
        correlation_id: "start".to_owned(),
        ts: UnixNanos(0),
        command,
    }
}

pub(super) async fn open_missing(config: &FileConfig, engine: &EngineHandle) -> Result<(), Failure> {
    for account in &config.accounts {
        let id = account.id.clone();
        let known = engine.query(move |kernel| kernel.account(&id).is_some()).await;
        if !known.context("the engine does not answer")? {
            open(account, engine)
                .await
                .with_context(|| format!("account {} cannot be opened", account.id))?;
        }
    }
    Ok(())
}

async fn open(account: &AccountConfig, engine: &EngineHandle) -> anyhow::Result<()> {
    let info = AccountInfo {
        id: account.id.clone(),
        org: super::org(),
        owner: UserId::new(SYSTEM_USER)?,
        name: account.name.clone(),
        kind: AccountKind::Paper,
        venue: account.venue.clone(),
        base_currency: account.base_currency,
    };
    let deposit = Money::new(account.deposit, account.base_currency);
    engine
        .command(envelope(Command::OpenAccount {
            account: info,
            deposit,
        }))
        .await?;
    if !account.strategies {
        return Ok(());
    }
    let built_in = tradewind_strategy::Weights::scalping();
    let strategies = built_in
        .iter()
        .map(|(id, _)| id.clone())
        .chain([StrategyId::new(COMBINED)?]);
    for strategy in strategies {
        let command = Command::SetStrategy {
            account: account.id.clone(),
            strategy,
            enabled: true,
        };
        engine.command(envelope(command)).await?;
    }
    Ok(())
}

//! Statements of brokers: whatever the bytes, reading them refuses or gives rows that are told apart by their hash.

use tradewind_ledger::statement::{Defaults, Preset, read};

/// Reads the bytes with every preset, and with none named.
pub fn run(bytes: &[u8]) {
    for preset in std::iter::once(None).chain(Preset::ALL.map(Some)) {
        if let Ok(statement) = read(bytes, preset, &Defaults::default()) {
            let mut hashes: Vec<&str> = statement.rows.iter().map(|row| row.hash.as_str()).collect();
            hashes.sort_unstable();
            hashes.dedup();
            assert_eq!(
                hashes.len(),
                statement.rows.len(),
                "two rows of one file have one hash"
            );
        }
    }
}

/// One small file of each kind of header.
pub fn seeds() -> Vec<Vec<u8>> {
    [
        "date,type,symbol,market,quantity,price,fee,amount,currency\n2024-01-02,BUY,AAPL,XNAS,10,185.5,1,,USD\n\
         2024-01-03,DEPOSIT,,,,,,1000,USD\n",
        "symbol,isin,trade_date,exchange,segment,series,trade_type,auction,quantity,price,trade_id,order_id,\
         order_execution_time\nINFY,INE009A01021,2024-01-02,NSE,EQ,EQ,buy,false,5,1500.25,1,2,2024-01-02T09:20:00\n",
        "particulars,posting_date,cost_center,voucher_type,debit,credit,net_balance\n\
         Funds added,2024-01-02,NSE-EQ,Bank Receipts,0,1000,1000\n",
        "Timestamp,Transaction Type,Asset,Quantity Transacted,Spot Price Currency,Spot Price at Transaction,Subtotal,\
         Total (inclusive of fees and/or spread),Fees and/or Spread,Notes\n\
         2024-01-02T10:00:00Z,Buy,BTC,0.1,USD,40000,4000,4010,10,Bought\n",
        "txid,refid,time,type,subtype,aclass,asset,amount,fee,balance\n\
         L1,R1,2024-01-02 10:00:00,trade,,currency,ZUSD,-100,0.1,900\nL2,R1,2024-01-02 10:00:00,trade,,currency,XXBT,0.0025,0,1\n",
        "txid,ordertxid,pair,time,type,ordertype,price,cost,fee,vol,margin,misc,ledgers\n\
         T1,O1,XXBTZUSD,2024-01-02 10:00:00,buy,limit,40000,100,0.1,0.0025,0,,L1,L2\n",
        "ClientAccountID,CurrencyPrimary,AssetClass,Symbol,DateTime,Quantity,TradePrice,IBCommission,TradeID,Buy/Sell\n\
         U1,USD,STK,AAPL,20240102;093000,10,185.5,-1,77,BUY\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

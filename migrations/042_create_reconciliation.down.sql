drop table reconciliation_breaks, reconciliation_runs, webhook_cursors;

drop table acme_challenges, acme_accounts, tls_certificates;

drop table webhook_payloads_kept, webhook_payload_cursor;

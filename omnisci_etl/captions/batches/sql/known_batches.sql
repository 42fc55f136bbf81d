SELECT vendor_batch_id FROM batch_event WHERE vendor_batch_id = ANY (CAST(:ids AS text[]))

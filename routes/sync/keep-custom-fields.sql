-- Makes the views of custom fields anew where SalesLoft has others than before. A row for each of which something is to be told.
select kept as resource, told from keep_custom_fields()

-- An open inbox is told when a request escalates. Once a second it is asked when anybody was last asked anything: the end of
-- this index, up to now. It is of `since + 0`, and so by no accident what inboxes are read by: those go by the order in which
-- they are shown.
CREATE INDEX approval_asks_since ON approval_asks ((since + 0), tenant);

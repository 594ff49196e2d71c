-- The tables that the exercises worked on are of no use after them.
drop schema if exists checklist_exercises cascade

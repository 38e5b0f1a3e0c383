/* Every command, in the order of --help and of the manual page. */
#include "cli/command.h"

#define SETUP   "Setting up"
#define ENFORCE "Enforcing"
#define WATCH   "Watching"
#define POLICY  "Policies"
#define LOG     "The deletion log"
#define HOLD    "Legal holds"

/* clang-format off */
static const struct command commands[] = {
    {SETUP, NULL, "migrate", "", 0, 0,
     "install or upgrade the schema \"retention\"",
     "Applies what is missing, under a lock, and checks what was applied before. Run it again "
     "whenever a new version was installed. The role needs CREATEROLE and CREATE on the database, "
     "or must be the one that installed the schema.",
     "migrate",
     command_migrate,
     {{"prefix", 0, "PREFIX", false,
       "begin the names of the roles with PREFIX (default \"retention_\"); "
       "only the first time"},
      {"print-functions", 0, NULL, false,
       "install nothing, connect to nothing: print the list of functions by which workers of the "
       "version before accept this one's schema (accept_functions in retentiond.cfg(5))"}}},
    {SETUP, NULL, "setup", "", 0, 0,
     "print what the owners of the tables must run",
     "Grants for the worker's role, indexes that the policies want, and guards. Nothing is "
     "executed: the statements go to standard output, for whoever owns the tables. The functions "
     "of guards are made by a member of retention_reader, the triggers by the tables' owners: each "
     "runs the whole script with psql, which leaves out what is for others and says so.",
     "setup --sql",
     command_setup,
     {{"sql", 0, NULL, true, "print statements"},
      {"remove", 0, NULL, false, "print the statements that take it all back"}}},
    {SETUP, NULL, "adopt", "", 0, 0,
     "let the worker act in a copied or restored database",
     "The schema is bound to the database that it was installed in. In a clone (a dump "
     "that was loaded, a copy by CREATE DATABASE) nothing is deleted until somebody says that this "
     "is meant; a physical copy of a whole server is not told from it, see retentiond(8). The role "
     "must be a member of retention_owner, as the one that installed the schema is.",
     "adopt",
     command_adopt, {{0}}},
    {SETUP, NULL, "check", "", 0, 0,
     "validate configuration and policies against the database",
     "Prints everything that is wrong, each as file:line: message, and exits 3 if there is an "
     "error. With no database named anywhere, or with --offline, the files alone are checked.",
     "check",
     command_check,
     {{"offline", 0, NULL, false, "do not connect: check the files alone"}}},
    {SETUP, NULL, "config", "", 0, 0,
     "print every setting with its default and its help",
     NULL,
     "config --defaults",
     command_config,
     {{"defaults", 0, NULL, true, "print a main file that says what holds without one"}}},

    {ENFORCE, NULL, "plan", "[CATEGORY...]", 0, ANY_NUMBER,
     "show what a run would do now, changing nothing",
     "Counts in one read-only transaction, with the conditions that a run acts by, for each stage; a "
     "record that several stages keep is counted at each of them, but what a legal hold keeps only "
     "at the last one that it is due for. Below the table stands what keeps records, and what each "
     "stage that changes them makes of a made-up value, never of a real one. Categories that await approval, are "
     "paused or stopped by a brake, or only observe are shown too, with what a run would do were it not so: "
     "a note, and the member \"cause\" of --json, says what keeps a run from acting.",
     "plan call_recordings",
     command_plan,
     {{"sql", 0, NULL, false, "print the exact statements instead, with their parameters"},
      {"holds", 0, NULL, false, "count how many records each legal hold keeps, besides"}}},
    {ENFORCE, NULL, "run", "[CATEGORY...]", 0, ANY_NUMBER,
     "enforce now",
     "Where a worker leads, asks it to run and follows its progress; while it runs something else, "
     "waits for its turn. Where none does, leads for as long as it takes. Exits 5 when a brake, a pause or a missing approval stopped it. Since a "
     "person asked, categories run outside of their window too. The role is a member of "
     "retention_worker; retention_operator suffices where a worker leads.",
     "run call_recordings",
     command_run,
     {{"release-brake", 0, "NAME", false,
       "first release the brake of this category for as many records as the last count found due, by "
       "the stage that it stopped, once; the "
       "role needs retention_operator, and nothing is released where it could not run then"}}},
    {ENFORCE, NULL, "pause", "", 0, 0,
     "stop acting, until resumed",
     "Batches under way end; no other begins. Without --category and --tenant everything pauses. A "
     "tenant can be written in any form that its column's type reads, 4711 or 04711 for a number; one "
     "that no category can read is refused. Which categories it stays in is said, not whether it has "
     "records there.",
     "pause --reason \"migration of the storage\"",
     command_pause,
     {{"reason", 'r', "TEXT", true, "why; kept with the pause"},
      {"category", 0, "NAME", false, "pause this category alone"},
      {"tenant", 0, "VALUE", false, "pause the records of this tenant alone"},
      {"until", 0, "TIME", false, "end by itself at this time (any form that PostgreSQL reads)"}}},
    {ENFORCE, NULL, "resume", "", 0, 0,
     "end a pause",
     "Without --category and --tenant ends the pause of everything; others stay.",
     "resume --reason \"storage is back\"",
     command_resume,
     {{"reason", 'r', "TEXT", true, "why; kept with the pause"},
      {"category", 0, "NAME", false, "the pause of this category"},
      {"tenant", 0, "VALUE", false, "the pause of this tenant"}}},
    {ENFORCE, NULL, "stop", "", 0, 0,
     "stop everything at once, batches under way included",
     "Pauses everything and terminates the worker's batches; what they had not committed is not "
     "done. \"retentionctl resume --reason TEXT\" lets it go on.",
     "stop --now --reason \"wrong policy\"",
     command_stop,
     {{"now", 0, NULL, true, "yes, at once"},
      {"reason", 'r', "TEXT", false, "why; kept with the pause (default: emergency stop)"}}},

    {WATCH, NULL, "status", "[CATEGORY...]", 0, ANY_NUMBER,
     "show for each category what is due, what is kept, and since when",
     "The figures are those of the last count by the worker, with its time. A category is overdue "
     "when records that are due and free, or blocked, are still there more than a day after the "
     "oldest of them fell due, or when nobody has counted for two days; the cause is named. It "
     "falls behind where more falls due than the time for its runs suffices for. The stages of a "
     "category add up: a record that is kept or waits at several of them is counted at each, one "
     "under legal hold once.",
     "status",
     command_status,
     {{"check", 0, NULL, false, "exit 4 if anything is overdue, falls behind or cannot run"},
      {"watch", 0, NULL, false, "show it again every two seconds, until interrupted"},
      {"holds", 0, NULL, false,
       "count how many records each hold keeps, besides; for members of retention_legal and "
       "retention_auditor"}}},
    {WATCH, NULL, "explain", "CATEGORY KEY...", 2, 9,
     "say why a record is still there, when it will go, or in which entry it went",
     "KEY is the record's primary key, one word for each column of it. Where the category has "
     "several stages, each is listed: passed, due, held, kept, or to come. A record that is gone is "
     "looked for in the deletion log; that needs the key file of the log.",
     "explain call_recordings 1001",
     command_explain, {{0}}},
    {WATCH, "report", "compliance", "", 0, 0,
     "show the daily figures, from the log alone",
     "A day's figures are those of its first count (days are those of UTC). Days on which nobody "
     "counted, though a category had figures before, are told as missing: its policy was not valid, "
     "its file was gone, its runs failed before they had counted, or no worker ran.",
     "report compliance --from 2026-01-01 --to 2026-12-31",
     command_report_compliance,
     {{"from", 0, "DATE", true, "first day"},
      {"to", 0, "DATE", true, "last day"},
      {"category", 0, "NAME", false, "this category alone"}}},

    {POLICY, "policy", "list", "", 0, 0,
     "list the policies, in files and in the database",
     NULL,
     "policy list",
     command_policy_list, {{0}}},
    {POLICY, "policy", "show", "CATEGORY", 1, 1,
     "print the policy in force",
     "The normalised text that was approved, or with --loaded the one that waits for it.",
     "policy show call_recordings",
     command_policy_show,
     {{"loaded", 0, NULL, false, "the text loaded last, approved or not"},
      {"file", 0, NULL, false, "the text of the file"}}},
    {POLICY, "policy", "diff", "[CATEGORY...]", 0, ANY_NUMBER,
     "compare the files with what is in force",
     "Compares normalised texts, so that layout and comments do not show. Says which changes need "
     "approval and why.",
     "policy diff",
     command_policy_diff, {{0}}},
    {POLICY, "policy", "load", "[CATEGORY...]", 0, ANY_NUMBER,
     "load the files into the database, without a worker",
     "Checks all files first, and tries transformations on some records, as \"check\" does, where the "
     "role may change them; else the worker does when it loads. What needs approval is suspended until somebody else approves it.",
     "policy load",
     command_policy_load, {{0}}},
    {POLICY, "policy", "approve", "CATEGORY", 1, 1,
     "approve the text that was loaded",
     "Takes effect at once, and asks nothing: look at \"policy diff\" and \"plan\" before. Whoever "
     "loaded a text cannot approve it. How legal holds find the records is approved with it. It is "
     "refused where a hold would not keep all that it keeps, and where one without category does "
     "not reach this one: name the hold with --accept-gap if legal says that it need not.",
     "policy approve call_recordings --expect-due 12000",
     command_policy_approve,
     {{"expect-due", 0, "N", false,
       "each stage may act on so many records at first without engaging the brake: give the largest "
       "number that \"plan\" shows under \"to act\"; what its runs act on is taken off, and the rest "
       "is over when nothing is left to act on"},
      {"sha256", 0, "DIGEST", false, "approve only if the text loaded has this SHA-256"},
      {"accept-gap", 0, "HOLD...", false, "approve although this hold does not reach the category"}}},
    {POLICY, "policy", "retire", "CATEGORY", 1, 1,
     "end a category whose file was removed",
     NULL,
     "policy retire sms_at_carrier --because \"service ended\"",
     command_policy_retire,
     {{"because", 0, "TEXT", true, "why; stands in the log"}}},

    {LOG, "log", "list", "", 0, 0,
     "list entries, newest last",
     "Each entry has an id, which counts the database's from 1 and which \"log show\" takes, and, "
     "once the worker has placed it, a place in the tree, which counts from 0: that is what "
     "\"log prove --entry\", \"log verify\" and proofs mean by an entry's number. Times are those "
     "that stand in the entries.",
     "log list --category call_recordings --type batch",
     command_log_list,
     {{"category", 0, "NAME", false, "of this category"},
      {"relation", 0, "TABLE", false, "of this table, as its policy names it"},
      {"type", 0, "TYPE", false, "of this type: batch, plan, done, policy, pause, ..."},
      {"run", 0, "UUID", false, "of this run; its first digits suffice"},
      {"since", 0, "TIME", false, "not before this time"},
      {"until", 0, "TIME", false, "before this time"},
      {"limit", 'n', "N", false, "at most the last N (default 100; 0: all)"}}},
    {LOG, "log", "show", "[ID]", 0, 1,
     "print one entry, byte for byte",
     "By its id, or with --entry by its place in the tree; \"log list\" shows both.",
     "log show 1",
     command_log_show,
     {{"entry", 0, "N", false, "the one with this place in the tree, which counts from 0"},
      {"refs", 0, NULL, false, "with the record digests of its batch"}}},
    {LOG, "log", "verify", "[DIRECTORY|PROOF]", 0, 1,
     "verify a log, or a proof taken from one, without a database",
     "Of a log directory, every entry is compared with the hash tiles, these with the signed "
     "checkpoint, what the entries say with each other, and everything else that lies there with "
     "what the entries say of it. Of a proof, what it proves is printed. Exits 6, naming the first "
     "thing that is wrong, if anything is. Reads no configuration where it is told what to verify, "
     "and no database without --database; retention-log(7) tells what this proves and what it does "
     "not.",
     "log verify retention-log --vkey log.vkey --against checkpoint.may",
     command_log_verify,
     {{"vkey", 0, "FILE", true,
       "the log's verifier key, got another way than the log; one a line"},
      {"against", 0, "FILE", false,
       "a checkpoint kept earlier: the log must extend it"},
      {"database", 0, NULL, false,
       "compare the log's tables with the directory too, entry by entry, and the digests"}}},
    {LOG, "log", "prove", "[CATEGORY KEY...]", 0, 9,
     "make a proof that whoever has the log's key can verify",
     "That an entry is in the log (C2SP tlog-proof), with --entry; that the record of CATEGORY with "
     "the primary key KEY went, in which batch and when, with --record; or that the log of today "
     "extends a checkpoint kept earlier, with --since. The proof goes to standard output; "
     "\"log verify\" checks it. A record is looked for in the database and wants log.epoch_kek; its "
     "proof opens this record's digest and no other. The others read the log directory alone.",
     "log prove --entry 4 --log retention-log",
     command_log_prove,
     {{"entry", 0, "N", false, "of the entry with this place in the tree, which counts from 0"},
      {"record", 0, NULL, false, "of a record that went"},
      {"since", 0, "FILE", false, "from the checkpoint in this file"},
      {"log", 0, "DIRECTORY", false, "read this log directory instead of the main file's"}}},
    {LOG, "log", "export", "DIRECTORY", 1, 1,
     "copy the log, as it is at its last checkpoint, for an auditor",
     "The copy holds everything that \"log verify\" wants; holds, which are encrypted, stay "
     "here. It can be made while the worker writes.",
     "log export copy --log retention-log",
     command_log_export,
     {{"log", 0, "DIRECTORY", false, "read this log directory instead of the main file's"}}},
    {LOG, "log", "checkpoint", "", 0, 0,
     "print the last checkpoint, as it is signed",
     "Keep it where nobody who can write the log can reach it: \"log verify --against\" and "
     "\"log prove --since\" then show that the log was only added to.",
     "log checkpoint --log retention-log",
     command_log_checkpoint,
     {{"log", 0, "DIRECTORY", false, "read this log directory instead of the main file's"}}},
    {LOG, "log", "prune", "", 0, 0,
     "take old entries out of the log directory, and say so in the log",
     "What goes is told by an entry of the log, and goes when a checkpoint covers that entry. Hashes "
     "are never removed, so that proofs stay proofs, and verification finds the rest whole. The "
     "database keeps its entries. Entries go by tiles of 256, with their record digests. Wants a "
     "worker that runs, the right to write the directory, and the role that installed the schema.",
     NULL,
     command_log_prune,
     {{"before", 0, "TIME", false, "entries older than this"},
      {"upto", 0, "N", false, "the first N entries, a multiple of 256"},
      {"log", 0, "DIRECTORY", false, "this log directory instead of the main file's"}}},
    {LOG, "log", "recover", "", 0, 0,
     "bring entries back after a restore or failover",
     "Where the database lacks entries that the log directory has, nothing is deleted or signed. "
     "This writes them into the database again, with the digests of their batches, the texts of "
     "policies, pauses and legal holds, and an entry \"restored\" that says how many batches were "
     "undone: the records of those are there again, and go again when a run finds them due. Holds "
     "come from their encrypted copies and want log.epoch_kek; while one cannot be brought back, "
     "nothing is deleted. The worker then goes on by itself. With --checkpoint, a host without the "
     "directory that signed last is allowed to go on, if the database has all that this checkpoint "
     "says; one that is older than another that the database or the directory knows is refused. Keys of epochs that began after the backup are lost with it: the digests of those can "
     "be proved by nobody. For the role that installed the schema; run it where the directory is.",
     NULL,
     command_log_recover,
     {{"checkpoint", 0, "FILE", false, "the last checkpoint that was anchored"}}},
    {LOG, "log", "keygen", "", 0, 0,
     "make the keys of the log",
     "Writes a random key into each file named, readable for its owner alone, and prints the public "
     "key of the signing key (with the name of the log, log.origin or --origin): give that to "
     "auditors by another way than the log directory. Keep a copy of both files where the machine "
     "is not: without the signing key the log cannot go on, without the key-encryption key no "
     "record can be proved to have been deleted.",
     NULL,
     command_log_keygen,
     {{"signing", 0, "FILE", false, "make a signing key"},
      {"kek", 0, "FILE", false, "make a key-encryption key"},
      {"origin", 0, "NAME", false, "name of the log, where no main file says it"}}},
    {LOG, "log", "rotate-key", "", 0, 0,
     "replace the signing key",
     "Writes an entry that names the new key. The worker signs it with the old key and then signs "
     "no more: set log.signing_key to the new file and restart it. Auditors find the new key in the "
     "log that they verified with the old one. For the role that installed the schema.",
     NULL,
     command_log_rotate_key,
     {{"key", 0, "FILE", true, "the new key, as \"log keygen\" made it"},
      {"yes", 'y', NULL, false, "do not ask"}}},
    {LOG, "log", "shred-epoch", "EPOCH", 1, 1,
     "destroy the key of an epoch's record digests, for ever",
     "Afterwards nobody can tell whether a record was among those deleted in that epoch; the log "
     "stays as valid as it was. The table's file still holds the wrapped key until VACUUM and "
     "later rows take its place, backups and archived write-ahead log until they go. "
     "For the role that installed the schema.",
     NULL,
     command_log_shred_epoch,
     {{"yes", 'y', NULL, false, "do not ask"}}},
    {HOLD, "hold", "place", "MATTER", 1, 1,
     "place a legal hold: from then on nothing that it covers is deleted",
     "MATTER is the number of the case; its first hold opens it. A record is covered that meets all "
     "that is named: one of the subjects, the tenant, the time, one of the keys; in the category "
     "named, or without one in every category, those approved later too. Records that appear later "
     "are covered as those that are there.\n\n"
     "Prints since when the hold is in force, what it keeps in each category or why it cannot reach "
     "it, and who must be told by hand because the data is elsewhere. Fails, placing nothing, where "
     "it would reach nothing, or not all: name the categories that you accept with --accept-gap (on "
     "a terminal it asks for one word instead); and where one value of a list is wrong: all wrong "
     "lines are named.\n\n"
     "Days are whole days in UTC: --from 2026-01-01 --to 2026-01-31 is all of January. A time may be "
     "given instead, in UTC too unless its zone follows; --to is then the first moment not held. A "
     "record whose starting point is not known is in every range.\n\n"
     "For members of retention_legal. Subjects never reach logs, nor the command line where they "
     "come from a file.",
     "hold place 2026-CV-0113 --reason Doe --subject phone:+14105551002",
     command_hold_place,
     {{"reason", 'r', "TEXT", true, "why; kept with the hold"},
      {"category", 0, "NAME", false, "in this category alone"},
      {"subject", 0, "KIND:VALUE...", false, "records about this person, such as phone:+14105550100"},
      {"subjects-from", 0, "FILE", false,
       "read subjects from a file, KIND:VALUE a line (\"-\": standard input); UTF-8, blank lines are "
       "skipped, comments are not read"},
      {"subject-kind", 0, "KIND", false, "the lines of that file are values of this kind alone"},
      {"tenant", 0, "VALUE", false, "records of this tenant (customer)"},
      {"from", 0, "DATE", false, "records whose starting point is not before this day or time"},
      {"to", 0, "DATE", false, "and not after this day, or before this time"},
      {"key", 0, "VALUE...", false,
       "the record with this key; for a key of several columns their values with commas between"},
      {"keys-from", 0, "FILE", false,
       "read keys from a file, one a line; several columns are separated by a tab, or by commas "
       "where there is no tab"},
      {"everything", 0, NULL, false, "all records of the category, or of all categories"},
      {"accept-gap", 0, "CATEGORY...", false, "place it although it cannot reach this category"},
      {"kind", 0, "KIND", false,
       "litigation (the default), anticipated, regulator or restriction"},
      {"matter-name", 0, "TEXT", false, "name of the matter, when its first hold opens it"},
      {"court-reference", 0, "TEXT", false, "the court's reference, likewise"},
      {"confidential", 0, NULL, false, "likewise: no message names its matter or its subjects"},
      {"review-by", 0, "DATE", false, "day by which somebody should look at it again; nothing ends by "
       "itself"},
      {"expected-end", 0, "DATE", false, "for reports; nothing ends by itself"},
      {"hold", 0, "UUID", false,
       "the hold's own uuid, printed by a call whose connection was lost: places it once"},
      {"yes", 'y', NULL, false, "do not ask (--everything without --category asks)"}}},
    {HOLD, "hold", "preview", "", 0, 0,
     "show what such a hold would cover now, placing nothing",
     "Takes the scope as \"hold place\" does, and counts.",
     "hold preview --category call_recordings --from 2026-01-01",
     command_hold_preview,
     {{"category", 0, "NAME", false, "in this category alone"},
      {"subject", 0, "KIND:VALUE...", false, "records about this person"},
      {"subjects-from", 0, "FILE", false, "read subjects from a file"},
      {"subject-kind", 0, "KIND", false, "the lines of that file are values of this kind alone"},
      {"tenant", 0, "VALUE", false, "records of this tenant"},
      {"from", 0, "DATE", false, "records whose starting point is not before this day or time"},
      {"to", 0, "DATE", false, "and not after this day, or before this time"},
      {"key", 0, "VALUE...", false, "the record with this key"},
      {"keys-from", 0, "FILE", false, "read keys from a file"},
      {"everything", 0, NULL, false, "all records of the category, or of all categories"}}},
    {HOLD, "hold", "list", "", 0, 0,
     "list the holds in force, and what waits for a second person",
     "Matters are shown to members of retention_legal. HOLD and REQUEST of other commands are these "
     "uuids, or as many of their first digits as no other has.",
     "hold list",
     command_hold_list,
     {{"all", 0, NULL, false, "ended ones too"},
      {"matter", 0, "MATTER", false, "of this matter alone"}}},
    {HOLD, "hold", "show", "HOLD", 1, 1,
     "show a hold, its parts, and how many records it keeps in each category",
     "The counts read the governed tables; they are for members of retention_legal and "
     "retention_auditor, the reasons for those of retention_legal alone.",
     "hold show 5f3c1a2b",
     command_hold_show,
     {{"values", 0, NULL, false, "print its subjects and keys too"},
      {"no-count", 0, NULL, false, "do not count records"}}},
    {HOLD, "hold", "extend", "HOLD", 1, 1,
     "add a part to a hold",
     "The hold then covers what any of its parts covers. Options are those of \"hold place\".",
     "hold extend 5f3c1a2b --reason aunt --subject phone:+14105551003",
     command_hold_extend,
     {{"reason", 'r', "TEXT", true, "why; kept with the part"},
      {"subject", 0, "KIND:VALUE...", false, "records about this person"},
      {"subjects-from", 0, "FILE", false, "read subjects from a file"},
      {"subject-kind", 0, "KIND", false, "the lines of that file are values of this kind alone"},
      {"tenant", 0, "VALUE", false, "records of this tenant"},
      {"from", 0, "DATE", false, "records whose starting point is not before this day or time"},
      {"to", 0, "DATE", false, "and not after this day, or before this time"},
      {"key", 0, "VALUE...", false, "the record with this key"},
      {"keys-from", 0, "FILE", false, "read keys from a file"},
      {"accept-gap", 0, "CATEGORY...", false, "extend it although this cannot reach this category"}}},
    {HOLD, "hold", "narrow", "HOLD", 1, 1,
     "take subjects, keys or a whole part out of a hold",
     "By default that takes two persons: this asks for it, and another one confirms. What is let go "
     "is kept for the grace all the same.",
     NULL,
     command_hold_narrow,
     {{"reason", 'r', "TEXT", true, "why; kept with the request"},
      {"part", 0, "N", false, "of this part alone; without subjects and keys: the whole part"},
      {"subject", 0, "KIND:VALUE...", false, "this subject, as it was given"},
      {"subjects-from", 0, "FILE", false, "read subjects from a file"},
      {"subject-kind", 0, "KIND", false, "the lines of that file are values of this kind alone"},
      {"key", 0, "VALUE...", false, "the record with this key"},
      {"keys-from", 0, "FILE", false, "read keys from a file"},
      {"yes", 'y', NULL, false, "do not ask, where one person suffices"}}},
    {HOLD, "hold", "release", "HOLD", 1, 1,
     "release a hold, or ask for it",
     "By default that takes two persons: the first one's call asks, and another one's, or "
     "\"hold confirm\", releases. The records are then kept for the grace (holds.grace, 30 days by "
     "default). Other holds keep what they cover.",
     "hold release 5f3c1a2b --reason settled",
     command_hold_release,
     {{"reason", 'r', "TEXT", true, "why; kept with the hold"},
      {"yes", 'y', NULL, false, "do not ask"}}},
    {HOLD, "hold", "confirm", "REQUEST", 1, 1,
     "confirm a release or narrowing that another person asked for",
     "REQUEST as \"hold list\" shows it, or the hold where one request waits.",
     "hold confirm 5f3c1a2b --reason \"settlement read\" --yes",
     command_hold_confirm,
     {{"reason", 'r', "TEXT", true, "why; kept with the request"},
      {"yes", 'y', NULL, false, "do not ask"}}},
    {HOLD, "hold", "withdraw", "REQUEST", 1, 1,
     "take back, or refuse, a release or narrowing that waits",
     NULL,
     NULL,
     command_hold_withdraw,
     {{"reason", 'r', "TEXT", true, "why; kept with the request"}}},
    {HOLD, "hold", "mend", "", 0, 0,
     "work out anew what holds cover, after it was altered by hand",
     "Where what batches read of holds is not what the holds say, nothing of the category is deleted "
     "until this was run. Find out before who changed retention.held_scope, and whether records are "
     "gone since: the log has an entry anomaly with code hold.scope.",
     "hold mend",
     command_hold_mend, {{0}}},
    {HOLD, "hold", "inventory", "HOLD", 1, 1,
     "count what a hold covers, into the log",
     "Reads every record that the hold covers now and writes their number and the root of their keyed "
     "digests into the deletion log, so that a later inventory can be compared with it: the same root "
     "means the same records. As the worker: wants the main file, and log.epoch_kek.",
     "hold inventory 5f3c1a2b",
     command_hold_inventory, {{0}}},
    {HOLD, "hold", "rules", "", 0, 0,
     "show the rules of releasing, and what waits for approval",
     "holds.dual_control and holds.grace of the main file count once the worker has read them; weaker "
     "ones wait until a member of retention_approver approves them.",
     "hold rules",
     command_hold_rules,
     {{"approve", 0, NULL, false, "approve the rules that wait"}}},

    {HOLD, "matter", "list", "", 0, 0,
     "list the matters that are open",
     "For members of retention_legal, as all that names a matter.",
     "matter list",
     command_matter_list,
     {{"all", 0, NULL, false, "closed ones too"}}},
    {HOLD, "matter", "show", "MATTER", 1, 1,
     "show a matter and its holds",
     NULL,
     "matter show 2026-CV-0113",
     command_matter_show, {{0}}},
    {HOLD, "matter", "close", "MATTER", 1, 1,
     "close a matter whose holds are all released",
     "No hold can be placed in it afterwards. It stays in the records.",
     "matter close 2026-CV-0113 --reason settled",
     command_matter_close,
     {{"reason", 'r', "TEXT", true, "why; kept with the matter"}}},
};
/* clang-format on */

const struct command *command_table(size_t *ret_count)
{
    *ret_count = ARRAY_LENGTH(commands);
    return commands;
}

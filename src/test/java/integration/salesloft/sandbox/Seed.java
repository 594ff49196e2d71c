package integration.salesloft.sandbox;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;

/** Fills a team: the same settings always give the same records. */
final class Seed {

    private static final String[] FIRST = {"Ada", "Alan", "Barbara", "Carlos", "Chen", "Daria", "Edsger", "Elena",
            "Femi", "Frances", "Grace", "Hedy", "Ines", "Ivan", "Jean", "Kamala", "Katherine", "Kenji", "Leila",
            "Linus", "Margaret", "Mateo", "Mina", "Nadia", "Niklaus", "Olga", "Omar", "Priya", "Radia", "Rafael",
            "Sanjay", "Sofia", "Tariq", "Ursula", "Vera", "Wei", "Xavier", "Yara", "Zoë", "Zuri"};
    private static final String[] LAST = {"Abara", "Almeida", "Bauer", "Brooks", "Castillo", "Diaz", "Dubois",
            "Eriksen", "Fischer", "García", "Haddad", "Hansen", "Ito", "Jansen", "Kaya", "Keller", "Kowalski", "Laurent",
            "Lindqvist", "Marino", "Moreau", "Nakamura", "Novak", "O'Brien", "Okafor", "Park", "Petrov", "Quinn",
            "Reyes", "Rossi", "Santos", "Schmidt", "Silva", "Tanaka", "Ueda", "Vargas", "Weber", "Yilmaz", "Young",
            "Zhang"};
    private static final String[] TITLES = {"Account Executive", "Buyer", "Chief Technology Officer", "Director of Sales",
            "Engineer", "Head of Operations", "Manager", "Purchasing Lead", "VP Marketing"};
    private static final String[] SENIORITY = {"executive", "director", "manager", "individual_contributor"};
    private static final String[] INDUSTRIES = {"Software", "Manufacturing", "Logistics", "Health Care", "Education"};
    private static final String[] STATES = {"CA", "GA", "IL", "MA", "NY", "TX", "WA"};
    private static final String[] STAGES = {"Open", "Working", "Nurture", "Connected", "Meeting", "Customer",
            "Unqualified", "Do Not Contact"};
    private static final long SPREAD = 89 * Moment.DAY;
    /** What small teams were filled with last, by what says so: tests make the same few over and over. */
    private static final Map<Map<String, Object>, List<Loaded>> KNOWN = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Map<String, Object>, List<Loaded>> eldest) {
            return size() > 16;
        }
    };
    private static final int SMALL = 1_000;

    private final Team team;
    private final Settings settings;
    private final long until;
    private final int people;
    private final int accounts;
    private final int cadences;
    private final int users;
    private final int stages;
    private final int steps;
    private final int tied;
    private final int firstTied;
    private final List<Loaded> loaded = new ArrayList<>();
    /** By person: the cadences they are on. */
    private final List<List<Long>> onCadences = new ArrayList<>();

    private Seed(Team team, Settings settings) {
        this.team = team;
        this.settings = settings;
        until = until(settings);
        people = settings.count("people");
        accounts = settings.count("accounts");
        cadences = settings.count("cadences");
        users = settings.count("users");
        stages = settings.count("person_stages");
        steps = settings.count("steps");
        tied = (int) Math.min(settings.number("tieGroup"), people);
        firstTied = (people - tied) / 2;
    }

    /** A record that a team begins with. Nobody changes it: a team that does makes another one in its place. */
    private record Loaded(Resource resource, Item item, ObjectNode record) {
    }

    /** The end of the days over which {@code updated_at} is spread. */
    static long until(Settings settings) {
        String end = settings.text("until");
        return end.isEmpty() ? Moment.micros(Instant.now().truncatedTo(ChronoUnit.DAYS)) - Moment.DAY : Moment.parse(end);
    }

    static void fill(Team team, Settings settings) {
        Seed seed = new Seed(team, settings);
        Map<String, Object> key = new HashMap<>(settings.seeded());
        key.put("until", seed.until);
        synchronized (KNOWN) {
            List<Loaded> known = KNOWN.get(key);
            if (known == null) {
                seed.fill();
                if (seed.loaded.size() <= SMALL) {
                    KNOWN.put(key, seed.loaded);
                }
            } else {
                known.forEach(record -> team.load(record.resource, record.item, record.record));
            }
        }
    }

    private void fill() {
        users();
        stages();
        accounts();
        cadences();
        memberships();
        people();
        activities();
    }

    private void users() {
        each(Resource.USERS, users, (record, i, random) -> {
            String first = FIRST[i * 7 % FIRST.length];
            String last = LAST[i * 3 % LAST.length];
            String email = (plain(first) + "." + plain(last) + "." + (i + 1) + "@sandbox.example").toLowerCase();
            String guid = UUID.nameUUIDFromBytes(("user " + settings.number("seed") + " " + i)
                    .getBytes(StandardCharsets.UTF_8)).toString();
            record.put("guid", guid).put("first_name", first).put("last_name", last)
                    .put("name", first + " " + last).put("email", email).put("sending_email_address", email)
                    .put("email_client_email_address", email).put("from_address", email)
                    .put("full_email_address", "\"" + first + " " + last + "\" <" + email + ">")
                    .put("job_role", i == 0 ? "Sales Operations" : "Account Executive").put("work_country", "US")
                    .put("team_admin", i == 0).put("active", i % 12 != 11);
            if (i == 0) {
                record.putObject("role").put("id", "Admin");
            }
        });
    }

    private void stages() {
        each(Resource.PERSON_STAGES, stages, (record, i, random) ->
                record.put("name", i < STAGES.length ? STAGES[i] : "Stage " + (i + 1)).put("order", i + 1));
    }

    private void accounts() {
        each(Resource.ACCOUNTS, accounts, (record, i, random) -> {
            record.put("name", company(i)).put("conversational_name", company(i)).put("domain", domain(i))
                    .put("website", "https://www." + domain(i)).put("phone", phone(20_000_000 + i))
                    .put("industry", pick(INDUSTRIES, random)).put("state", pick(STATES, random)).put("country", "US")
                    .put("city", "Springfield").put("locale", "US/Pacific").put("size", String.valueOf(50 + 10 * (i % 90)))
                    .put("crm_id", "001SB" + digits(i + 1, 13)).put("crm_object_type", "account")
                    .put("crm_url", "https://crm.example/" + (i + 1));
            record.putObject("counts").put("people", people / Math.max(1, accounts) + (i < people % Math.max(1, accounts) ? 1 : 0));
            refer(record, "owner", Resource.USERS, users, i);
            refer(record, "creator", Resource.USERS, users, 0);
            if (i % 3 == 0) {
                record.putObject("custom_fields").put("Region", "West").put("Tier", String.valueOf(1 + i % 4));
            }
        });
    }

    private void cadences() {
        each(Resource.CADENCES, cadences, (record, i, random) -> {
            record.put("name", pick(new String[] {"Outbound", "Inbound", "Renewal", "Event"}, random) + " " + (i + 1))
                    .put("team_cadence", i % 4 != 3).put("shared", i % 4 != 3);
            refer(record, "owner", Resource.USERS, users, i);
            refer(record, "creator", Resource.USERS, users, i);
        });
        each(Resource.STEPS, cadences == 0 ? 0 : steps, (record, i, random) -> {
            String type = new String[] {"email", "phone", "other"}[i % 3];
            record.put("type", type).put("name", "Step " + (i / cadences + 1)).put("display_name", "Day "
                    + (1 + 2 * (i / cadences)) + ": Step " + (i / cadences + 1)).put("day", 1 + 2 * (i / cadences))
                    .put("step_number", i / cadences + 1);
            refer(record, "cadence", Resource.CADENCES, cadences, i);
        });
    }

    /** Every person once before any of them a second time; a pair of person and cadence only once. */
    private void memberships() {
        for (int i = 0; i < people; i++) {
            onCadences.add(new ArrayList<>());
        }
        int possible = (int) Math.min((long) people * cadences, settings.number("memberships"));
        each(Resource.CADENCE_MEMBERSHIPS, possible, (record, i, random) -> {
            int person = (int) ((long) i * 7919 % people);
            if (people % 7919 == 0) {
                person = i % people;
            }
            int cadence = (person * 31 + i / people) % cadences;
            boolean on = random.nextInt(10) < 6;
            record.put("currently_on_cadence", on).put("current_state",
                    on ? pick(new String[] {"active", "staged", "scheduled"}, random)
                       : pick(new String[] {"completed", "removed", "removed_no_action"}, random));
            record.set("added_at", record.get("created_at"));
            refer(record, "person", Resource.PEOPLE, people, person);
            refer(record, "cadence", Resource.CADENCES, cadences, cadence);
            refer(record, "user", Resource.USERS, users, person);
            record.putObject("latest_action").put("id", 343_305_000 + i);
            record.putObject("counts").put("views", random.nextInt(5)).put("clicks", random.nextInt(2))
                    .put("replies", 0).put("calls", random.nextInt(3)).put("sent_emails", random.nextInt(6))
                    .put("bounces", 0);
            if (on) {
                onCadences.get(person).add(Resource.CADENCES.firstId + 1 + cadence);
            }
        });
    }

    private void people() {
        each(Resource.PEOPLE, people, (record, i, random) -> {
            String first = pick(FIRST, random);
            String last = pick(LAST, random);
            int account = accounts == 0 ? 0 : i % accounts;
            boolean withoutEmail = i % 97 == 96;
            record.put("first_name", first).put("last_name", last).put("email_address", withoutEmail ? null
                    : (plain(first) + "." + plain(last) + "." + (i + 1) + "@" + domain(account)).toLowerCase())
                    .put("phone", phone(i)).put("mobile_phone", i % 3 == 0 ? phone(50_000_000 + i) : null)
                    .put("title", pick(TITLES, random)).put("job_seniority", pick(SENIORITY, random))
                    .put("state", pick(STATES, random)).put("country", "US").put("city", "Springfield")
                    .put("crm_id", i % 10 == 9 ? null : "003SB" + digits(i + 1, 13))
                    .put("crm_object_type", i % 10 == 9 ? null : "contact")
                    .put("account_crm_id", "001SB" + digits(account + 1, 13))
                    .put("person_company_name", company(account))
                    .put("person_company_website", "https://www." + domain(account))
                    .put("person_company_industry", INDUSTRIES[account % INDUSTRIES.length])
                    .put("linkedin_url", "https://www.linkedin.com/in/sandbox-" + (i + 1))
                    .put("locale", "US/Pacific").put("locale_utc_offset", -420)
                    .put("do_not_contact", i % 50 == 49).put("eu_resident", i % 20 == 0)
                    .put("untouched", onCadences.get(i).isEmpty());
            Shapes.apply(record, Json.object());
            refer(record, "account", Resource.ACCOUNTS, accounts, i);
            refer(record, "owner", Resource.USERS, users, i);
            refer(record, "person_stage", Resource.PERSON_STAGES, stages, i);
            if (i % 4 == 0) {
                record.putObject("custom_fields").put("Lead Source", "Web").put("Score", String.valueOf(i % 100));
                record.putArray("tags").add("sandbox");
            }
            ArrayNode on = record.putArray("cadences");
            Set<Long> distinct = new LinkedHashSet<>(onCadences.get(i));
            distinct.forEach(cadence -> {
                on.add(Shapes.reference(Resource.CADENCES, cadence));
                record.set("most_recent_cadence", Shapes.reference(Resource.CADENCES, cadence));
            });
        });
    }

    private void activities() {
        int some = people == 0 ? 0 : 1;
        each(Resource.EMAILS, some * settings.count("emails"), (record, i, random) -> {
            int person = random.nextInt(people);
            record.put("subject", "Hello " + (i + 1)).put("body", "<p>Hello " + (i + 1) + "</p>").put("recipient_email_address",
                    team.get(Resource.PEOPLE, Resource.PEOPLE.firstId + 1 + person).path("email_address").asText(null))
                    .put("status", i % 25 == 24 ? "bounced" : "sent").put("bounced", i % 25 == 24);
            record.set("sent_at", record.get("created_at"));
            refer(record, "recipient", Resource.PEOPLE, people, person);
            refer(record, "user", Resource.USERS, users, person);
            refer(record, "cadence", Resource.CADENCES, cadences, i);
        });
        each(Resource.CALLS, some * settings.count("calls"), (record, i, random) -> {
            int person = random.nextInt(people);
            record.put("to", phone(person)).put("duration", random.nextInt(600)).put("sentiment", "Neutral")
                    .put("disposition", pick(new String[] {"Connected", "No Answer", "Left Voicemail"}, random));
            refer(record, "called_person", Resource.PEOPLE, people, person);
            refer(record, "user", Resource.USERS, users, person);
        });
        each(Resource.NOTES, some * settings.count("notes"), (record, i, random) -> {
            record.put("content", "Note " + (i + 1)).put("associated_type", "person");
            refer(record, "associated_with", Resource.PEOPLE, people, random.nextInt(people));
            refer(record, "user", Resource.USERS, users, i);
        });
        each(Resource.SUCCESSES, some * settings.count("successes"), (record, i, random) -> {
            record.set("succeeded_at", record.get("updated_at"));
            record.set("success_window_started_at", record.get("created_at"));
            refer(record, "person", Resource.PEOPLE, people, random.nextInt(people));
            refer(record, "user", Resource.USERS, users, i);
            refer(record, "latest_cadence", Resource.CADENCES, cadences, i);
        });
        each(Resource.TASKS, some * settings.count("tasks"), (record, i, random) -> {
            String day = Moment.utc(until + i % 30 * Moment.DAY).substring(0, 10);
            record.put("subject", "Task " + (i + 1)).put("task_type", pick(new String[] {"call", "email", "general"}, random))
                    .put("due_date", day).put("due_at", day + "T17:00:00.000000Z");
            refer(record, "person", Resource.PEOPLE, people, random.nextInt(people));
            refer(record, "user", Resource.USERS, users, i);
            refer(record, "created_by_user", Resource.USERS, users, 0);
        });
        each(Resource.MEETINGS, some * settings.count("meetings"), (record, i, random) -> {
            int person = random.nextInt(people);
            long start = until + (i % 60 - 30) * Moment.DAY;
            record.put("title", "Meeting " + (i + 1)).put("start_time", Moment.utc(start))
                    .put("end_time", Moment.utc(start + 1800 * Moment.SECOND)).put("event_id", "event-" + (i + 1))
                    .put("i_cal_uid", "event-" + (i + 1) + "@sandbox.example").put("calendar_type", "gmail")
                    .put("meeting_type", "Discovery");
            refer(record, "person", Resource.PEOPLE, people, person);
            refer(record, "booked_by_user", Resource.USERS, users, i);
        });
    }

    private interface Filling {
        void fill(ObjectNode record, int index, SplittableRandom random);
    }

    private void each(Resource resource, int count, Filling filling) {
        for (int i = 0; i < count; i++) {
            SplittableRandom random = random(resource, i);
            long id = resource.firstId + 1 + i;
            long updated = updated(count, i, random);
            if (resource == Resource.PEOPLE && i > firstTied && i < firstTied + tied) {
                updated = updated(count, firstTied, random(resource, firstTied));
            }
            long created = updated - random.nextLong(200 * Moment.DAY);
            ObjectNode record = Shapes.blank(resource).put("id", id)
                    .put("created_at", Moment.text(created, id)).put("updated_at", Moment.text(updated, id));
            filling.fill(record, i, random);
            Loaded made = new Loaded(resource, new Item(id, updated, created, Json.bytes(record)), record);
            team.load(resource, made.item, record);
            loaded.add(made);
        }
    }

    private SplittableRandom random(Resource resource, int index) {
        return new SplittableRandom(settings.number("seed") * 1_000_003 + resource.ordinal() * 10_000_019L + index);
    }

    /** Rises strictly with the index, at a random point of the index's share of the spread. */
    private long updated(int count, int index, SplittableRandom random) {
        long share = Math.max(1, SPREAD / count);
        return until - SPREAD + index * share + random.nextLong(share);
    }

    private static void refer(ObjectNode record, String field, Resource target, int count, int index) {
        if (count > 0) {
            record.set(field, Shapes.reference(target, target.firstId + 1 + index % count));
        }
    }

    private static String pick(String[] from, SplittableRandom random) {
        return from[random.nextInt(from.length)];
    }

    private static String company(int account) {
        return "Company " + (account + 1);
    }

    private static String domain(int account) {
        return "company-" + (account + 1) + ".example.com";
    }

    private static String phone(int number) {
        return "1555" + digits(number, 8);
    }

    private static String digits(int number, int width) {
        String text = String.valueOf(number);
        return "0".repeat(Math.max(0, width - text.length())) + text;
    }

    private static String plain(String name) {
        return name.replace('ë', 'e').replace('í', 'i').replace("'", "");
    }
}

package integration.salesloft.sandbox;

/** A place in an order by time, ties broken by id. */
record Stamp(long micros, long id) implements Comparable<Stamp> {

    @Override
    public int compareTo(Stamp other) {
        int byTime = Long.compare(micros, other.micros);
        return byTime != 0 ? byTime : Long.compare(id, other.id);
    }
}

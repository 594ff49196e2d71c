package integration.salesloft.sandbox;

import java.util.function.Supplier;

/** The team's points per clock window, shared by all that call its API. */
final class Budget {

    /** Whether points were granted, how many, the window they count in and what was left after that. */
    record Charge(boolean granted, long points, long window, long remaining) {
    }

    private final Supplier<Settings> settings;
    private long window;
    private long spent;

    Budget(Supplier<Settings> settings) {
        this.settings = settings;
    }

    /** What a page costs: deep ones cost more. */
    static int price(long page) {
        return page > 500 ? 30 : page > 250 ? 10 : page > 150 ? 8 : page > 100 ? 3 : 1;
    }

    boolean limited() {
        return settings.get().number("rateLimit") > 0;
    }

    /** Takes the price if it still fits into the window; a refused call costs nothing. */
    synchronized Charge charge(long price) {
        roll();
        long limit = settings.get().number("rateLimit");
        boolean granted = limit == 0 || spent + price <= limit;
        if (granted) {
            spent += price;
        }
        return new Charge(granted, granted ? price : 0, window, Math.max(0, limit - spent));
    }

    /** What another integration of the same team uses up: as much of it as is left. */
    synchronized Charge spend(long points) {
        roll();
        long limit = settings.get().number("rateLimit");
        long taken = limit == 0 ? points : Math.max(0, Math.min(points, limit - spent));
        spent += taken;
        return new Charge(true, taken, window, Math.max(0, limit - spent));
    }

    /** Epoch milliseconds at which the next window opens. */
    long nextWindow() {
        long length = settings.get().number("rateWindowMs");
        return (System.currentTimeMillis() / length + 1) * length;
    }

    private void roll() {
        long length = settings.get().number("rateWindowMs");
        long current = System.currentTimeMillis() / length * length;
        if (current != window) {
            window = current;
            spent = 0;
        }
    }
}

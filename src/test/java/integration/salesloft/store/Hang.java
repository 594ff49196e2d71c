package integration.salesloft.store;

import java.util.concurrent.CountDownLatch;

/** Where a call stands still. */
public final class Hang {

    private final boolean afterWork;
    private final boolean everything;
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    /** @param everything whether, from then on, all other calls stand still, too */
    Hang(boolean afterWork, boolean everything) {
        this.afterWork = afterWork;
        this.everything = everything;
    }

    boolean stopsEverything() {
        return everything && reached();
    }

    boolean afterWork() {
        return afterWork;
    }

    void reach() {
        reached.countDown();
        await();
    }

    void await() {
        try {
            released.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether a call stands here. */
    public boolean reached() {
        return reached.getCount() == 0;
    }

    /** Lets calls go on, those that stand here and those to come. */
    public void release() {
        released.countDown();
    }
}

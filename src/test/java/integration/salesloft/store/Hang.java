package integration.salesloft.store;

import java.util.concurrent.CountDownLatch;

/** Where a call stands still. */
public final class Hang {

    private final boolean afterWork;
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    Hang(boolean afterWork) {
        this.afterWork = afterWork;
    }

    boolean afterWork() {
        return afterWork;
    }

    void reach() {
        reached.countDown();
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

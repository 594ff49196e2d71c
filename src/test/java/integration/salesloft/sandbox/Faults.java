package integration.salesloft.sandbox;

import java.util.List;

/** The faults in force, in their order. Replacing them lets go of everything the old ones held up. */
final class Faults {

    private List<Fault> faults = List.of();

    synchronized void replace(List<Fault> next) {
        faults.forEach(Fault::heal);
        faults = List.copyOf(next);
    }

    /** The first fault that meets this call and has times left, or null. */
    synchronized Fault take(Call call) {
        for (Fault fault : faults) {
            if (fault.take(call)) {
                return fault;
            }
        }
        return null;
    }

    synchronized long held() {
        return faults.stream().mapToLong(Fault::held).sum();
    }

    synchronized void giveBack(Fault fault) {
        fault.giveBack();
    }
}

package dev.palimpsest.table;

import dev.palimpsest.api.SequenceSchema;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.catalog.CatalogSnapshot;
import dev.palimpsest.catalog.DdlTransaction;
import dev.palimpsest.catalog.Dependent;
import dev.palimpsest.catalog.SequenceInfo;
import dev.palimpsest.lock.LockMode;
import java.util.List;

/** CREATE and DROP SEQUENCE, nextval, setval, currval and lastval. Stateless. */
final class SequenceStatements {
    private SequenceStatements() {}

    static void create(UserTransaction t, SequenceSchema schema) {
        DdlTransaction ddl = t.ddl();
        ddl.createSequence(schema);
        lock(t, ddl.view().sequence(schema.name()), LockMode.ACCESS_EXCLUSIVE);
    }

    static void drop(UserTransaction t, String name) {
        DdlTransaction ddl = t.ddl();
        SequenceInfo sequence = ddl.view().sequence(name);
        if (sequence == null) {
            throw ddl.view().isTaken(name)
                    ? new UsageException(SqlState.WRONG_OBJECT_TYPE, "\"" + name + "\" is not a sequence")
                    : new UsageException(SqlState.UNDEFINED_TABLE, "sequence \"" + name + "\" does not exist");
        }
        lock(t, sequence, LockMode.ACCESS_EXCLUSIVE);
        List<Dependent> dependents = Dependent.ofSequence(ddl.view(), sequence);
        if (!dependents.isEmpty()) {
            throw Dependent.refusal("sequence " + name, dependents);
        }
        if (sequence.ownerTable() != 0) {
            var owner = ddl.view().table(sequence.ownerTable());
            String column = "column "
                    + owner.schema().columns().get(sequence.ownerColumn()).name() + " of table " + owner.name();
            throw new UsageException(
                    SqlState.DEPENDENT_OBJECTS_STILL_EXIST,
                    "cannot drop sequence " + name + " because " + column + " requires it",
                    null,
                    "You can drop " + column + " instead.",
                    null);
        }
        ddl.dropSequence(sequence);
    }

    static long nextValue(UserTransaction t, String name) {
        t.checkWritable("nextval()");
        return take(t, bind(t, name));
    }

    /**
     * For nextval and for columns' defaults. A value is told to somebody who may write nothing else, also where ON CONFLICT then leaves the
     * row out: his commit has to wait for the reservation, so it gets a record of its own behind it.
     */
    static long take(UserTransaction t, SequenceInfo sequence) {
        long value = sequence.handle().nextValue();
        t.sequenceValues().taken(sequence.oid(), value);
        if (!sequence.handle().isReservationDurable()) {
            t.engine().transactions().assignXid(t.tx());
        }
        return value;
    }

    static void setValue(UserTransaction t, String name, long value, boolean called) {
        t.checkWritable("setval()");
        SequenceInfo sequence = bind(t, name);
        sequence.handle().setValue(value, called, t.engine().transactions().assignXid(t.tx()));
        if (called) {
            t.sequenceValues().set(sequence.oid(), value);
        }
    }

    static long currentValue(UserTransaction t, String name) {
        Long value = t.sequenceValues().current(bind(t, name).oid());
        if (value == null) {
            throw undefined("currval of sequence \"" + name + "\"");
        }
        return value;
    }

    static long lastValue(UserTransaction t) {
        int oid = t.sequenceValues().lastOid();
        boolean exists = oid != 0 && t.catalog().sequences().stream().anyMatch(sequence -> sequence.oid() == oid);
        if (!exists) {
            throw undefined("lastval");
        }
        return t.sequenceValues().current(oid);
    }

    private static UsageException undefined(String what) {
        return new UsageException(
                SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE, what + " is not yet defined in this session");
    }

    /** Look up, lock, look again: as for tables. */
    private static SequenceInfo bind(UserTransaction t, String name) {
        while (true) {
            CatalogSnapshot catalog = t.catalog();
            SequenceInfo sequence = catalog.existingSequence(name);
            lock(t, sequence, LockMode.ROW_EXCLUSIVE);
            if (t.catalog() == catalog) {
                return sequence;
            }
        }
    }

    private static void lock(UserTransaction t, SequenceInfo sequence, LockMode mode) {
        t.engine().locks().lockRelation(t.tx(), sequence.oid(), mode, sequence.name());
    }
}

package dev.palimpsest.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.palimpsest.api.EngineException;
import org.junit.jupiter.api.function.Executable;

/** Expected errors: by SQLSTATE and message. */
public final class Expect {
    private Expect() {}

    public static EngineException error(String sqlState, Executable call) {
        EngineException e = assertThrows(EngineException.class, call);
        assertEquals(sqlState, e.sqlState().code(), e::toString);
        return e;
    }

    public static EngineException error(String sqlState, String message, Executable call) {
        EngineException e = error(sqlState, call);
        assertEquals(message, e.getMessage());
        return e;
    }
}

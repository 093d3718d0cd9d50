package dev.palimpsest.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class DiskErrorsTest {
    private static final Path FILE = Path.of("somewhere", "lock");

    @Test
    void shouldSayWhatToDoAboutAReadOnlyDirectory() {
        for (IOException cause : new IOException[] {
            new AccessDeniedException(FILE.toString()),
            new FileSystemException(FILE.toString(), null, "Read-only file system")
        }) {
            StoppedException error = DiskErrors.failed("open file", FILE, cause);
            assertEquals(SqlState.IO_ERROR, error.sqlState());
            assertTrue(error.getMessage().startsWith("could not open file \"" + FILE + "\": "), error.getMessage());
            assertTrue(error.hint().contains("the right to write in its directory"), error.hint());
        }
        assertNull(DiskErrors.failed("open file", FILE, new IOException("Input/output error"))
                .hint());
    }
}

package dev.palimpsest.arch;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Imports go downward only, packages form no cycle, and every package says what it is. Rooms that don't exist yet are no error; a package
 * that {@link Rooms} doesn't list is one. The last three tests show on planted code that each rule can fail.
 */
class ArchitectureTest {
    private static final String BASE = "dev.palimpsest";
    private static final String FIXTURE = "dev.palimpsest.arch.fixture";
    private static final int PACKAGE_INFO_MAX_LINES = 15;

    private static JavaClasses production;
    private static JavaClasses fixture;

    @BeforeAll
    static void importClasses() {
        // Names of classes outside are enough for these rules; resolving them would parse half of the JDK.
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        production = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages(BASE);
        fixture = new ClassFileImporter().importPackages(FIXTURE);
    }

    @Test
    void shouldImportDownwardOnly() {
        downwardOnly(BASE).check(production);
    }

    @Test
    void shouldFormNoCycles() {
        noCycles(BASE).check(production);
    }

    @Test
    void shouldHavePackageInfoInEveryPackage() throws IOException {
        try (Stream<Path> modules = Files.list(projectRoot())) {
            for (Path sources : modules.map(module -> module.resolve("src/main/java"))
                    .filter(Files::isDirectory)
                    .toList()) {
                assertEquals(List.of(), packagesWithoutSign(sources));
            }
        }
    }

    /** Without this an empty class path would satisfy every rule. */
    @Test
    void shouldSeeTheRealClasses() {
        Rooms rooms = new Rooms(BASE);
        Set<String> seen = new TreeSet<>();
        production.forEach(javaClass -> rooms.roomOf(javaClass).ifPresent(seen::add));
        assertTrue(seen.containsAll(Set.of("api", "id", "latch", "shell")), () -> "rooms seen=" + seen);
        assertTrue(production.stream().noneMatch(ArchitectureTest::isTestClass), "tests are not production classes");
    }

    @Test
    void shouldFindEachPlantedImport() {
        Set<String> found = downwardOnly(FIXTURE).evaluate(fixture).getFailureReport().getDetails().stream()
                .map(detail -> detail.substring(0, detail.indexOf(": ")))
                .collect(toCollection(TreeSet::new));
        assertEquals(
                new TreeSet<>(Set.of(
                        "page -> buffer",
                        "heap -> btree",
                        "btree -> heap",
                        "wal -> org.junit.jupiter.api",
                        "buffer -> shell",
                        "sql.parser -> sql.exec",
                        "sql.exec -> page",
                        "no room")),
                found);
    }

    @Test
    void shouldFindThePlantedCycle() {
        String report = noCycles(FIXTURE).evaluate(fixture).getFailureReport().toString();
        assertTrue(report.contains("Slice btree -> ") && report.contains("Slice heap"), report);
    }

    @Test
    void shouldFindAMissingAndALongPackageInfo(@TempDir Path sources) throws IOException {
        for (String name : List.of("good", "missing", "chatty")) {
            Files.createDirectories(sources.resolve(name));
            Files.writeString(sources.resolve(name).resolve("A.java"), "package " + name + "; class A {}");
        }
        Files.writeString(sources.resolve("good/package-info.java"), "package good;\n");
        Files.writeString(sources.resolve("chatty/package-info.java"), "//\n".repeat(16) + "package chatty;\n");
        assertEquals(List.of("chatty", "missing"), packagesWithoutSign(sources));
    }

    private static ArchRule downwardOnly(String base) {
        return classes().should(new Rooms(base).importDownwardOnly());
    }

    private static ArchRule noCycles(String base) {
        return slices().matching(base + ".(**)").should().beFreeOfCycles();
    }

    private static boolean isTestClass(JavaClass javaClass) {
        return javaClass
                .getSource()
                .map(source -> source.getUri().getPath())
                .orElse("")
                .contains("/test-classes/");
    }

    /** Packages with source files and without a package-info of at most {@link #PACKAGE_INFO_MAX_LINES} lines. */
    private static List<String> packagesWithoutSign(Path sources) throws IOException {
        Set<String> unsigned = new TreeSet<>();
        try (Stream<Path> files = Files.walk(sources)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                Path sign = file.resolveSibling("package-info.java");
                if (!Files.exists(sign) || Files.readAllLines(sign).size() > PACKAGE_INFO_MAX_LINES) {
                    unsigned.add(sources.relativize(file.getParent()).toString().replace('/', '.'));
                }
            }
        }
        return List.copyOf(unsigned);
    }

    private static Path projectRoot() {
        Path directory = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(directory.resolve("engine/src/main/java"))) {
            directory = directory.getParent();
            assertTrue(directory != null, "the tests run inside the source tree");
        }
        return directory;
    }
}

package dev.palimpsest.sql.plan;

/** What version() and server_version say. */
public final class Version {
    /** The PostgreSQL whose rules are followed. */
    public static final String SERVER_VERSION = "15.0";

    public static final String PRODUCT = "Palimpsest 0.1.0";

    public static final String TEXT =
            PRODUCT + ", SQL as PostgreSQL 15, on Java " + Runtime.version().feature();

    private Version() {}
}

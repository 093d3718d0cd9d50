package dev.palimpsest.sql.parser;

import static dev.palimpsest.sql.parser.Keyword.Category.COLUMN_NAME;
import static dev.palimpsest.sql.parser.Keyword.Category.RESERVED;
import static dev.palimpsest.sql.parser.Keyword.Category.TYPE_OR_FUNCTION_NAME;
import static dev.palimpsest.sql.parser.Keyword.Category.UNRESERVED;

import java.util.Locale;

/**
 * Every word that PostgreSQL 15's grammar knows, with the places where it may still serve as a name.
 *
 * <p>The list is complete, whether or not this parser uses a word, because the categories decide what is a column, a
 * function, an alias or a syntax error. Immutable. Source: the output of PostgreSQL 15's {@code pg_get_keywords()}.
 */
public enum Keyword {
    ABORT(UNRESERVED),
    ABSOLUTE(UNRESERVED),
    ACCESS(UNRESERVED),
    ACTION(UNRESERVED),
    ADD(UNRESERVED),
    ADMIN(UNRESERVED),
    AFTER(UNRESERVED),
    AGGREGATE(UNRESERVED),
    ALL(RESERVED),
    ALSO(UNRESERVED),
    ALTER(UNRESERVED),
    ALWAYS(UNRESERVED),
    ANALYSE(RESERVED),
    ANALYZE(RESERVED),
    AND(RESERVED),
    ANY(RESERVED),
    ARRAY(RESERVED, false),
    AS(RESERVED, false),
    ASC(RESERVED),
    ASENSITIVE(UNRESERVED),
    ASSERTION(UNRESERVED),
    ASSIGNMENT(UNRESERVED),
    ASYMMETRIC(RESERVED),
    AT(UNRESERVED),
    ATOMIC(UNRESERVED),
    ATTACH(UNRESERVED),
    ATTRIBUTE(UNRESERVED),
    AUTHORIZATION(TYPE_OR_FUNCTION_NAME),
    BACKWARD(UNRESERVED),
    BEFORE(UNRESERVED),
    BEGIN(UNRESERVED),
    BETWEEN(COLUMN_NAME),
    BIGINT(COLUMN_NAME),
    BINARY(TYPE_OR_FUNCTION_NAME),
    BIT(COLUMN_NAME),
    BOOLEAN(COLUMN_NAME),
    BOTH(RESERVED),
    BREADTH(UNRESERVED),
    BY(UNRESERVED),
    CACHE(UNRESERVED),
    CALL(UNRESERVED),
    CALLED(UNRESERVED),
    CASCADE(UNRESERVED),
    CASCADED(UNRESERVED),
    CASE(RESERVED),
    CAST(RESERVED),
    CATALOG(UNRESERVED),
    CHAIN(UNRESERVED),
    CHAR(COLUMN_NAME, false),
    CHARACTER(COLUMN_NAME, false),
    CHARACTERISTICS(UNRESERVED),
    CHECK(RESERVED),
    CHECKPOINT(UNRESERVED),
    CLASS(UNRESERVED),
    CLOSE(UNRESERVED),
    CLUSTER(UNRESERVED),
    COALESCE(COLUMN_NAME),
    COLLATE(RESERVED),
    COLLATION(TYPE_OR_FUNCTION_NAME),
    COLUMN(RESERVED),
    COLUMNS(UNRESERVED),
    COMMENT(UNRESERVED),
    COMMENTS(UNRESERVED),
    COMMIT(UNRESERVED),
    COMMITTED(UNRESERVED),
    COMPRESSION(UNRESERVED),
    CONCURRENTLY(TYPE_OR_FUNCTION_NAME),
    CONFIGURATION(UNRESERVED),
    CONFLICT(UNRESERVED),
    CONNECTION(UNRESERVED),
    CONSTRAINT(RESERVED),
    CONSTRAINTS(UNRESERVED),
    CONTENT(UNRESERVED),
    CONTINUE(UNRESERVED),
    CONVERSION(UNRESERVED),
    COPY(UNRESERVED),
    COST(UNRESERVED),
    CREATE(RESERVED, false),
    CROSS(TYPE_OR_FUNCTION_NAME),
    CSV(UNRESERVED),
    CUBE(UNRESERVED),
    CURRENT(UNRESERVED),
    CURRENT_CATALOG(RESERVED),
    CURRENT_DATE(RESERVED),
    CURRENT_ROLE(RESERVED),
    CURRENT_SCHEMA(TYPE_OR_FUNCTION_NAME),
    CURRENT_TIME(RESERVED),
    CURRENT_TIMESTAMP(RESERVED),
    CURRENT_USER(RESERVED),
    CURSOR(UNRESERVED),
    CYCLE(UNRESERVED),
    DATA(UNRESERVED),
    DATABASE(UNRESERVED),
    DAY(UNRESERVED, false),
    DEALLOCATE(UNRESERVED),
    DEC(COLUMN_NAME),
    DECIMAL(COLUMN_NAME),
    DECLARE(UNRESERVED),
    DEFAULT(RESERVED),
    DEFAULTS(UNRESERVED),
    DEFERRABLE(RESERVED),
    DEFERRED(UNRESERVED),
    DEFINER(UNRESERVED),
    DELETE(UNRESERVED),
    DELIMITER(UNRESERVED),
    DELIMITERS(UNRESERVED),
    DEPENDS(UNRESERVED),
    DEPTH(UNRESERVED),
    DESC(RESERVED),
    DETACH(UNRESERVED),
    DICTIONARY(UNRESERVED),
    DISABLE(UNRESERVED),
    DISCARD(UNRESERVED),
    DISTINCT(RESERVED),
    DO(RESERVED),
    DOCUMENT(UNRESERVED),
    DOMAIN(UNRESERVED),
    DOUBLE(UNRESERVED),
    DROP(UNRESERVED),
    EACH(UNRESERVED),
    ELSE(RESERVED),
    ENABLE(UNRESERVED),
    ENCODING(UNRESERVED),
    ENCRYPTED(UNRESERVED),
    END(RESERVED),
    ENUM(UNRESERVED),
    ESCAPE(UNRESERVED),
    EVENT(UNRESERVED),
    EXCEPT(RESERVED, false),
    EXCLUDE(UNRESERVED),
    EXCLUDING(UNRESERVED),
    EXCLUSIVE(UNRESERVED),
    EXECUTE(UNRESERVED),
    EXISTS(COLUMN_NAME),
    EXPLAIN(UNRESERVED),
    EXPRESSION(UNRESERVED),
    EXTENSION(UNRESERVED),
    EXTERNAL(UNRESERVED),
    EXTRACT(COLUMN_NAME),
    FALSE(RESERVED),
    FAMILY(UNRESERVED),
    FETCH(RESERVED, false),
    FILTER(UNRESERVED, false),
    FINALIZE(UNRESERVED),
    FIRST(UNRESERVED),
    FLOAT(COLUMN_NAME),
    FOLLOWING(UNRESERVED),
    FOR(RESERVED, false),
    FORCE(UNRESERVED),
    FOREIGN(RESERVED),
    FORWARD(UNRESERVED),
    FREEZE(TYPE_OR_FUNCTION_NAME),
    FROM(RESERVED, false),
    FULL(TYPE_OR_FUNCTION_NAME),
    FUNCTION(UNRESERVED),
    FUNCTIONS(UNRESERVED),
    GENERATED(UNRESERVED),
    GLOBAL(UNRESERVED),
    GRANT(RESERVED, false),
    GRANTED(UNRESERVED),
    GREATEST(COLUMN_NAME),
    GROUP(RESERVED, false),
    GROUPING(COLUMN_NAME),
    GROUPS(UNRESERVED),
    HANDLER(UNRESERVED),
    HAVING(RESERVED, false),
    HEADER(UNRESERVED),
    HOLD(UNRESERVED),
    HOUR(UNRESERVED, false),
    IDENTITY(UNRESERVED),
    IF(UNRESERVED),
    ILIKE(TYPE_OR_FUNCTION_NAME),
    IMMEDIATE(UNRESERVED),
    IMMUTABLE(UNRESERVED),
    IMPLICIT(UNRESERVED),
    IMPORT(UNRESERVED),
    IN(RESERVED),
    INCLUDE(UNRESERVED),
    INCLUDING(UNRESERVED),
    INCREMENT(UNRESERVED),
    INDEX(UNRESERVED),
    INDEXES(UNRESERVED),
    INHERIT(UNRESERVED),
    INHERITS(UNRESERVED),
    INITIALLY(RESERVED),
    INLINE(UNRESERVED),
    INNER(TYPE_OR_FUNCTION_NAME),
    INOUT(COLUMN_NAME),
    INPUT(UNRESERVED),
    INSENSITIVE(UNRESERVED),
    INSERT(UNRESERVED),
    INSTEAD(UNRESERVED),
    INT(COLUMN_NAME),
    INTEGER(COLUMN_NAME),
    INTERSECT(RESERVED, false),
    INTERVAL(COLUMN_NAME),
    INTO(RESERVED, false),
    INVOKER(UNRESERVED),
    IS(TYPE_OR_FUNCTION_NAME),
    ISNULL(TYPE_OR_FUNCTION_NAME, false),
    ISOLATION(UNRESERVED),
    JOIN(TYPE_OR_FUNCTION_NAME),
    KEY(UNRESERVED),
    LABEL(UNRESERVED),
    LANGUAGE(UNRESERVED),
    LARGE(UNRESERVED),
    LAST(UNRESERVED),
    LATERAL(RESERVED),
    LEADING(RESERVED),
    LEAKPROOF(UNRESERVED),
    LEAST(COLUMN_NAME),
    LEFT(TYPE_OR_FUNCTION_NAME),
    LEVEL(UNRESERVED),
    LIKE(TYPE_OR_FUNCTION_NAME),
    LIMIT(RESERVED, false),
    LISTEN(UNRESERVED),
    LOAD(UNRESERVED),
    LOCAL(UNRESERVED),
    LOCALTIME(RESERVED),
    LOCALTIMESTAMP(RESERVED),
    LOCATION(UNRESERVED),
    LOCK(UNRESERVED),
    LOCKED(UNRESERVED),
    LOGGED(UNRESERVED),
    MAPPING(UNRESERVED),
    MATCH(UNRESERVED),
    MATCHED(UNRESERVED),
    MATERIALIZED(UNRESERVED),
    MAXVALUE(UNRESERVED),
    MERGE(UNRESERVED),
    METHOD(UNRESERVED),
    MINUTE(UNRESERVED, false),
    MINVALUE(UNRESERVED),
    MODE(UNRESERVED),
    MONTH(UNRESERVED, false),
    MOVE(UNRESERVED),
    NAME(UNRESERVED),
    NAMES(UNRESERVED),
    NATIONAL(COLUMN_NAME),
    NATURAL(TYPE_OR_FUNCTION_NAME),
    NCHAR(COLUMN_NAME),
    NEW(UNRESERVED),
    NEXT(UNRESERVED),
    NFC(UNRESERVED),
    NFD(UNRESERVED),
    NFKC(UNRESERVED),
    NFKD(UNRESERVED),
    NO(UNRESERVED),
    NONE(COLUMN_NAME),
    NORMALIZE(COLUMN_NAME),
    NORMALIZED(UNRESERVED),
    NOT(RESERVED),
    NOTHING(UNRESERVED),
    NOTIFY(UNRESERVED),
    NOTNULL(TYPE_OR_FUNCTION_NAME, false),
    NOWAIT(UNRESERVED),
    NULL(RESERVED),
    NULLIF(COLUMN_NAME),
    NULLS(UNRESERVED),
    NUMERIC(COLUMN_NAME),
    OBJECT(UNRESERVED),
    OF(UNRESERVED),
    OFF(UNRESERVED),
    OFFSET(RESERVED, false),
    OIDS(UNRESERVED),
    OLD(UNRESERVED),
    ON(RESERVED, false),
    ONLY(RESERVED),
    OPERATOR(UNRESERVED),
    OPTION(UNRESERVED),
    OPTIONS(UNRESERVED),
    OR(RESERVED),
    ORDER(RESERVED, false),
    ORDINALITY(UNRESERVED),
    OTHERS(UNRESERVED),
    OUT(COLUMN_NAME),
    OUTER(TYPE_OR_FUNCTION_NAME),
    OVER(UNRESERVED, false),
    OVERLAPS(TYPE_OR_FUNCTION_NAME, false),
    OVERLAY(COLUMN_NAME),
    OVERRIDING(UNRESERVED),
    OWNED(UNRESERVED),
    OWNER(UNRESERVED),
    PARALLEL(UNRESERVED),
    PARAMETER(UNRESERVED),
    PARSER(UNRESERVED),
    PARTIAL(UNRESERVED),
    PARTITION(UNRESERVED),
    PASSING(UNRESERVED),
    PASSWORD(UNRESERVED),
    PLACING(RESERVED),
    PLANS(UNRESERVED),
    POLICY(UNRESERVED),
    POSITION(COLUMN_NAME),
    PRECEDING(UNRESERVED),
    PRECISION(COLUMN_NAME, false),
    PREPARE(UNRESERVED),
    PREPARED(UNRESERVED),
    PRESERVE(UNRESERVED),
    PRIMARY(RESERVED),
    PRIOR(UNRESERVED),
    PRIVILEGES(UNRESERVED),
    PROCEDURAL(UNRESERVED),
    PROCEDURE(UNRESERVED),
    PROCEDURES(UNRESERVED),
    PROGRAM(UNRESERVED),
    PUBLICATION(UNRESERVED),
    QUOTE(UNRESERVED),
    RANGE(UNRESERVED),
    READ(UNRESERVED),
    REAL(COLUMN_NAME),
    REASSIGN(UNRESERVED),
    RECHECK(UNRESERVED),
    RECURSIVE(UNRESERVED),
    REF(UNRESERVED),
    REFERENCES(RESERVED),
    REFERENCING(UNRESERVED),
    REFRESH(UNRESERVED),
    REINDEX(UNRESERVED),
    RELATIVE(UNRESERVED),
    RELEASE(UNRESERVED),
    RENAME(UNRESERVED),
    REPEATABLE(UNRESERVED),
    REPLACE(UNRESERVED),
    REPLICA(UNRESERVED),
    RESET(UNRESERVED),
    RESTART(UNRESERVED),
    RESTRICT(UNRESERVED),
    RETURN(UNRESERVED),
    RETURNING(RESERVED, false),
    RETURNS(UNRESERVED),
    REVOKE(UNRESERVED),
    RIGHT(TYPE_OR_FUNCTION_NAME),
    ROLE(UNRESERVED),
    ROLLBACK(UNRESERVED),
    ROLLUP(UNRESERVED),
    ROUTINE(UNRESERVED),
    ROUTINES(UNRESERVED),
    ROW(COLUMN_NAME),
    ROWS(UNRESERVED),
    RULE(UNRESERVED),
    SAVEPOINT(UNRESERVED),
    SCHEMA(UNRESERVED),
    SCHEMAS(UNRESERVED),
    SCROLL(UNRESERVED),
    SEARCH(UNRESERVED),
    SECOND(UNRESERVED, false),
    SECURITY(UNRESERVED),
    SELECT(RESERVED),
    SEQUENCE(UNRESERVED),
    SEQUENCES(UNRESERVED),
    SERIALIZABLE(UNRESERVED),
    SERVER(UNRESERVED),
    SESSION(UNRESERVED),
    SESSION_USER(RESERVED),
    SET(UNRESERVED),
    SETOF(COLUMN_NAME),
    SETS(UNRESERVED),
    SHARE(UNRESERVED),
    SHOW(UNRESERVED),
    SIMILAR(TYPE_OR_FUNCTION_NAME),
    SIMPLE(UNRESERVED),
    SKIP(UNRESERVED),
    SMALLINT(COLUMN_NAME),
    SNAPSHOT(UNRESERVED),
    SOME(RESERVED),
    SQL(UNRESERVED),
    STABLE(UNRESERVED),
    STANDALONE(UNRESERVED),
    START(UNRESERVED),
    STATEMENT(UNRESERVED),
    STATISTICS(UNRESERVED),
    STDIN(UNRESERVED),
    STDOUT(UNRESERVED),
    STORAGE(UNRESERVED),
    STORED(UNRESERVED),
    STRICT(UNRESERVED),
    STRIP(UNRESERVED),
    SUBSCRIPTION(UNRESERVED),
    SUBSTRING(COLUMN_NAME),
    SUPPORT(UNRESERVED),
    SYMMETRIC(RESERVED),
    SYSID(UNRESERVED),
    SYSTEM(UNRESERVED),
    TABLE(RESERVED),
    TABLES(UNRESERVED),
    TABLESAMPLE(TYPE_OR_FUNCTION_NAME),
    TABLESPACE(UNRESERVED),
    TEMP(UNRESERVED),
    TEMPLATE(UNRESERVED),
    TEMPORARY(UNRESERVED),
    TEXT(UNRESERVED),
    THEN(RESERVED),
    TIES(UNRESERVED),
    TIME(COLUMN_NAME),
    TIMESTAMP(COLUMN_NAME),
    TO(RESERVED, false),
    TRAILING(RESERVED),
    TRANSACTION(UNRESERVED),
    TRANSFORM(UNRESERVED),
    TREAT(COLUMN_NAME),
    TRIGGER(UNRESERVED),
    TRIM(COLUMN_NAME),
    TRUE(RESERVED),
    TRUNCATE(UNRESERVED),
    TRUSTED(UNRESERVED),
    TYPE(UNRESERVED),
    TYPES(UNRESERVED),
    UESCAPE(UNRESERVED),
    UNBOUNDED(UNRESERVED),
    UNCOMMITTED(UNRESERVED),
    UNENCRYPTED(UNRESERVED),
    UNION(RESERVED, false),
    UNIQUE(RESERVED),
    UNKNOWN(UNRESERVED),
    UNLISTEN(UNRESERVED),
    UNLOGGED(UNRESERVED),
    UNTIL(UNRESERVED),
    UPDATE(UNRESERVED),
    USER(RESERVED),
    USING(RESERVED),
    VACUUM(UNRESERVED),
    VALID(UNRESERVED),
    VALIDATE(UNRESERVED),
    VALIDATOR(UNRESERVED),
    VALUE(UNRESERVED),
    VALUES(COLUMN_NAME),
    VARCHAR(COLUMN_NAME),
    VARIADIC(RESERVED),
    VARYING(UNRESERVED, false),
    VERBOSE(TYPE_OR_FUNCTION_NAME),
    VERSION(UNRESERVED),
    VIEW(UNRESERVED),
    VIEWS(UNRESERVED),
    VOLATILE(UNRESERVED),
    WHEN(RESERVED),
    WHERE(RESERVED, false),
    WHITESPACE(UNRESERVED),
    WINDOW(RESERVED, false),
    WITH(RESERVED, false),
    WITHIN(UNRESERVED, false),
    WITHOUT(UNRESERVED, false),
    WORK(UNRESERVED),
    WRAPPER(UNRESERVED),
    WRITE(UNRESERVED),
    XML(UNRESERVED),
    XMLATTRIBUTES(COLUMN_NAME),
    XMLCONCAT(COLUMN_NAME),
    XMLELEMENT(COLUMN_NAME),
    XMLEXISTS(COLUMN_NAME),
    XMLFOREST(COLUMN_NAME),
    XMLNAMESPACES(COLUMN_NAME),
    XMLPARSE(COLUMN_NAME),
    XMLPI(COLUMN_NAME),
    XMLROOT(COLUMN_NAME),
    XMLSERIALIZE(COLUMN_NAME),
    XMLTABLE(COLUMN_NAME),
    YEAR(UNRESERVED, false),
    YES(UNRESERVED),
    ZONE(UNRESERVED);

    /** Where a keyword may be used as a name without quotes. */
    public enum Category {
        /** Anywhere. */
        UNRESERVED,
        /** As a column or table, not as a function or type. */
        COLUMN_NAME,
        /** As a function or type, not as a column or table. */
        TYPE_OR_FUNCTION_NAME,
        /** Nowhere, except as a label. */
        RESERVED
    }

    private static final int SLOTS = 2048;
    private static final Keyword[] BY_HASH = buildTable();

    private final String word;
    private final Category category;
    private final boolean bareLabel;

    Keyword(Category category) {
        this(category, true);
    }

    Keyword(Category category, boolean bareLabel) {
        this.word = name().toLowerCase(Locale.ROOT);
        this.category = category;
        this.bareLabel = bareLabel;
    }

    /** The word in lower case, as an identifier would be folded. */
    public String word() {
        return word;
    }

    public Category category() {
        return category;
    }

    /** Whether it can label an output column without {@code AS}. */
    public boolean bareLabel() {
        return bareLabel;
    }

    /** Usable as the name of a column, table or alias: PostgreSQL's ColId. */
    boolean columnName() {
        return category == UNRESERVED || category == COLUMN_NAME;
    }

    /** Usable as the name of a function or type: PostgreSQL's type_function_name. */
    boolean typeOrFunctionName() {
        return category == UNRESERVED || category == TYPE_OR_FUNCTION_NAME;
    }

    /** The keyword spelled by a word in any ASCII case, or null. */
    public static Keyword of(CharSequence word) {
        int hash = 0;
        for (int i = 0; i < word.length(); i++) {
            hash = hashStep(hash, foldAscii(word.charAt(i)));
        }
        return find(word, 0, word.length(), hash);
    }

    /** The keyword at {@code text[start, end)}, or null; {@code hash} is {@link #hashStep} over it, folded. */
    static Keyword find(CharSequence text, int start, int end, int hash) {
        for (int slot = slot(hash); BY_HASH[slot] != null; slot = (slot + 1) & (SLOTS - 1)) {
            if (BY_HASH[slot].spells(text, start, end)) {
                return BY_HASH[slot];
            }
        }
        return null;
    }

    static int hashStep(int hash, int foldedChar) {
        return hash * 31 + foldedChar;
    }

    /** Folds ASCII letters only, as PostgreSQL does in UTF-8 databases. */
    static char foldAscii(char c) {
        return c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c;
    }

    private boolean spells(CharSequence text, int start, int end) {
        if (end - start != word.length()) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if (foldAscii(text.charAt(start + i)) != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static int slot(int hash) {
        return (hash ^ (hash >>> 15)) & (SLOTS - 1);
    }

    private static Keyword[] buildTable() {
        Keyword[] table = new Keyword[SLOTS];
        for (Keyword keyword : values()) {
            int hash = 0;
            for (int i = 0; i < keyword.word.length(); i++) {
                hash = hashStep(hash, keyword.word.charAt(i));
            }
            int slot = slot(hash);
            while (table[slot] != null) {
                slot = (slot + 1) & (SLOTS - 1);
            }
            table[slot] = keyword;
        }
        return table;
    }
}

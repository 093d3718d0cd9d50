package dev.palimpsest.sql.parser;

import java.util.ArrayList;
import java.util.List;

/** SELECT, VALUES and TABLE. Not thread-safe. Source of the rules: PG gram.y, SelectStmt. */
final class QueryParser {
    private final TokenStream tokens;
    private final ExpressionParser expressions;

    QueryParser(TokenStream tokens, ExpressionParser expressions) {
        this.tokens = tokens;
        this.expressions = expressions;
    }

    /** Whether a query starts at the cursor; VALUES and WITH are names as well. */
    static boolean atQuery(TokenStream tokens) {
        return tokens.at(Keyword.SELECT)
                || tokens.at(Keyword.TABLE)
                || tokens.at(Keyword.WITH)
                || (tokens.at(Keyword.VALUES) && tokens.type(1) == TokenType.LEFT_PAREN);
    }

    /** A whole query; {@code defaults} allows DEFAULT in VALUES, as INSERT does. */
    Query parse(boolean defaults) {
        tokens.reject(Keyword.WITH, "WITH");
        if (tokens.at(Keyword.SELECT)) {
            return select();
        }
        if (tokens.at(Keyword.VALUES)) {
            return values(defaults);
        }
        if (tokens.at(Keyword.TABLE)) {
            return table();
        }
        return parenthesized();
    }

    private Query parenthesized() {
        int location = tokens.location();
        tokens.expect(TokenType.LEFT_PAREN);
        Query query = parse(false);
        tokens.expect(TokenType.RIGHT_PAREN);
        boolean ended = tokens.at(TokenType.END)
                || tokens.at(TokenType.SEMICOLON)
                || tokens.at(TokenType.RIGHT_PAREN)
                || tokens.at(Keyword.ON) // these two go on with an INSERT
                || tokens.at(Keyword.RETURNING);
        if (!ended) {
            throw tokens.unsupported("a clause after a query in parentheses", location);
        }
        return query;
    }

    private Query table() {
        int location = tokens.location();
        tokens.advance();
        int tableAt = tokens.location();
        Query.FromItem from = new Query.FromTable(relation(), null, tableAt);
        List<Query.SelectItem> all = List.of(new Query.Star(null, location));
        return new Query.Select(false, all, from, null, List.of(), null, ordering(), location);
    }

    private Query select() {
        int location = tokens.location();
        tokens.expect(Keyword.SELECT);
        boolean distinct = tokens.accept(Keyword.DISTINCT);
        if (distinct) {
            tokens.reject(Keyword.ON, "DISTINCT ON");
        } else {
            tokens.accept(Keyword.ALL);
        }
        List<Query.SelectItem> items = !distinct && atEndOfItems() ? List.of() : items();
        tokens.reject(Keyword.INTO, "SELECT INTO");
        Query.FromItem from = tokens.accept(Keyword.FROM) ? from() : null;
        Expression where = tokens.accept(Keyword.WHERE) ? expressions.parse() : null;
        List<Expression> groupBy = tokens.at(Keyword.GROUP) ? groupBy() : List.of();
        Expression having = tokens.accept(Keyword.HAVING) ? expressions.parse() : null;
        tokens.reject(Keyword.WINDOW, "WINDOW");
        return new Query.Select(distinct, items, from, where, groupBy, having, ordering(), location);
    }

    private boolean atEndOfItems() {
        Keyword keyword = tokens.keyword();
        if (keyword == null) {
            return tokens.at(TokenType.END) || tokens.at(TokenType.SEMICOLON) || tokens.at(TokenType.RIGHT_PAREN);
        }
        switch (keyword) {
            case EXCEPT:
            case FETCH:
            case FOR:
            case FROM:
            case GROUP:
            case HAVING:
            case INTERSECT:
            case INTO:
            case LIMIT:
            case OFFSET:
            case ORDER:
            case UNION:
            case WHERE:
            case WINDOW:
                return true;
            default:
                return false;
        }
    }

    /** A list of outputs, as after SELECT and RETURNING. */
    List<Query.SelectItem> items() {
        List<Query.SelectItem> items = new ArrayList<>();
        do {
            items.add(item());
        } while (tokens.accept(TokenType.COMMA));
        return items;
    }

    private Query.SelectItem item() {
        int location = tokens.location();
        if (tokens.accept(TokenType.STAR)) {
            return new Query.Star(null, location);
        }
        if (atQualifiedStar()) {
            List<String> parts = new ArrayList<>(2);
            do {
                parts.add(tokens.takeName());
                tokens.expect(TokenType.DOT);
            } while (!tokens.accept(TokenType.STAR));
            return new Query.Star(tokens.qualified(parts, location), location);
        }
        Expression expression = expressions.parse();
        return new Query.Output(expression, outputAlias(), location);
    }

    private boolean atQualifiedStar() {
        if (!tokens.atColumnName()) {
            return false;
        }
        int ahead = 1;
        while (tokens.type(ahead) == TokenType.DOT
                && (tokens.type(ahead + 1) == TokenType.IDENTIFIER || tokens.keyword(ahead + 1) != null)) {
            ahead += 2;
        }
        return tokens.type(ahead) == TokenType.DOT && tokens.type(ahead + 1) == TokenType.STAR;
    }

    private String outputAlias() {
        if (tokens.accept(Keyword.AS)) {
            return tokens.label();
        }
        Keyword keyword = tokens.keyword();
        boolean bare = keyword == null ? tokens.at(TokenType.IDENTIFIER) : keyword.bareLabel();
        return bare ? tokens.takeName() : null;
    }

    // FROM

    private Query.FromItem from() {
        Query.FromItem item = fromItem();
        if (tokens.at(TokenType.COMMA) || atJoin()) {
            throw tokens.unsupported("a join");
        }
        tokens.reject(Keyword.TABLESAMPLE, "TABLESAMPLE");
        return item;
    }

    private boolean atJoin() {
        return tokens.at(Keyword.JOIN)
                || tokens.at(Keyword.INNER)
                || tokens.at(Keyword.LEFT)
                || tokens.at(Keyword.RIGHT)
                || tokens.at(Keyword.FULL)
                || tokens.at(Keyword.CROSS)
                || tokens.at(Keyword.NATURAL);
    }

    private Query.FromItem fromItem() {
        int location = tokens.location();
        tokens.reject(Keyword.LATERAL, "LATERAL");
        if (tokens.at(TokenType.LEFT_PAREN)) {
            throw tokens.unsupported("a sub-select or join in FROM");
        }
        if (tokens.at(Keyword.ROWS, Keyword.FROM)) {
            throw tokens.unsupported("ROWS FROM");
        }
        if (atFunction()) {
            Expression call = expressions.parsePrimary();
            if (!(call instanceof Expression.FunctionCall)) {
                throw tokens.unsupported("this function in FROM", location);
            }
            tokens.reject(Keyword.WITH, "WITH ORDINALITY");
            return new Query.FromFunction((Expression.FunctionCall) call, fromAlias(), location);
        }
        return new Query.FromTable(relation(), fromAlias(), location);
    }

    private boolean atFunction() {
        int start = tokens.cursor();
        Keyword keyword = tokens.keyword();
        if (keyword != null && tokens.type(1) == TokenType.LEFT_PAREN && keyword != Keyword.ONLY) {
            return true;
        }
        boolean function = tokens.atColumnName();
        if (function) {
            tokens.qualifiedName();
            function = tokens.at(TokenType.LEFT_PAREN);
            tokens.reset(start);
        }
        return function;
    }

    /** A table; ONLY and a star after it mean nothing where no table inherits. */
    QualifiedName relation() {
        boolean only = tokens.accept(Keyword.ONLY);
        boolean parenthesis = only && tokens.accept(TokenType.LEFT_PAREN);
        QualifiedName name = tokens.qualifiedName();
        if (parenthesis) {
            tokens.expect(TokenType.RIGHT_PAREN);
        } else if (!only) {
            tokens.accept(TokenType.STAR);
        }
        return name;
    }

    private String fromAlias() {
        String alias = null;
        if (tokens.accept(Keyword.AS)) {
            if (tokens.at(TokenType.LEFT_PAREN)) {
                throw tokens.unsupported("a column definition list");
            }
            alias = tokens.columnName();
        } else if (tokens.atColumnName()) {
            alias = tokens.takeName();
        }
        if (alias != null && tokens.at(TokenType.LEFT_PAREN)) {
            throw tokens.unsupported("a list of column aliases");
        }
        return alias;
    }

    // GROUP BY, VALUES, ORDER BY, LIMIT

    private List<Expression> groupBy() {
        tokens.expect(Keyword.GROUP);
        tokens.expect(Keyword.BY);
        if (!tokens.accept(Keyword.DISTINCT)) {
            tokens.accept(Keyword.ALL);
        }
        List<Expression> expressionList = new ArrayList<>();
        do {
            boolean parenthesis = tokens.type(1) == TokenType.LEFT_PAREN;
            if (tokens.at(Keyword.GROUPING, Keyword.SETS)
                    || (parenthesis && (tokens.at(Keyword.ROLLUP) || tokens.at(Keyword.CUBE)))
                    || (tokens.at(TokenType.LEFT_PAREN) && tokens.type(1) == TokenType.RIGHT_PAREN)) {
                throw tokens.unsupported("a grouping set");
            }
            expressionList.add(expressions.parse());
        } while (tokens.accept(TokenType.COMMA));
        return expressionList;
    }

    private Query values(boolean defaults) {
        int location = tokens.location();
        tokens.expect(Keyword.VALUES);
        List<List<Expression>> rows = new ArrayList<>();
        do {
            tokens.expect(TokenType.LEFT_PAREN);
            List<Expression> row = row(defaults);
            tokens.expect(TokenType.RIGHT_PAREN);
            if (!rows.isEmpty() && rows.get(0).size() != row.size()) {
                throw tokens.invalid(
                        "VALUES lists must all be the same length", row.get(0).start());
            }
            rows.add(row);
        } while (tokens.accept(TokenType.COMMA));
        return new Query.Values(rows, ordering(), location);
    }

    private List<Expression> row(boolean defaults) {
        List<Expression> row = new ArrayList<>();
        do {
            row.add(defaults ? expressions.parseOrDefault() : expressions.parse());
        } while (tokens.accept(TokenType.COMMA));
        return List.copyOf(row);
    }

    private Query.Ordering ordering() {
        tokens.reject(Keyword.UNION, "UNION");
        tokens.reject(Keyword.INTERSECT, "INTERSECT");
        tokens.reject(Keyword.EXCEPT, "EXCEPT");
        List<Query.OrderItem> orderBy = tokens.at(Keyword.ORDER) ? orderBy() : List.of();
        Expression limit = null;
        Expression offset = null;
        List<Query.Locking> locking = tokens.at(Keyword.FOR) ? locking() : null;
        boolean limited = false;
        boolean skipped = false;
        while (true) {
            if (!limited && (tokens.at(Keyword.LIMIT) || tokens.at(Keyword.FETCH))) {
                limit = tokens.at(Keyword.LIMIT) ? limit() : fetch();
                limited = true;
            } else if (!skipped && tokens.accept(Keyword.OFFSET)) {
                offset = expressions.parse();
                acceptRows();
                skipped = true;
            } else {
                break;
            }
        }
        if (locking == null) {
            locking = tokens.at(Keyword.FOR) ? locking() : List.of();
        }
        boolean none = orderBy.isEmpty() && !limited && !skipped && locking.isEmpty();
        return none ? Query.Ordering.NONE : new Query.Ordering(orderBy, limit, offset, locking);
    }

    /** One locking clause or more, before or after LIMIT and OFFSET; or FOR READ ONLY, which is the default. */
    private List<Query.Locking> locking() {
        if (tokens.accept(Keyword.FOR, Keyword.READ)) {
            tokens.expect(Keyword.ONLY);
            return List.of();
        }
        List<Query.Locking> clauses = new ArrayList<>(1);
        while (tokens.at(Keyword.FOR)) {
            int location = tokens.location();
            tokens.advance();
            clauses.add(new Query.Locking(lockStrength(), lockedTables(), lockWait(), location));
        }
        return clauses;
    }

    private Query.LockStrength lockStrength() {
        if (tokens.accept(Keyword.UPDATE)) {
            return Query.LockStrength.UPDATE;
        }
        if (tokens.accept(Keyword.SHARE)) {
            return Query.LockStrength.SHARE;
        }
        if (tokens.accept(Keyword.NO)) {
            tokens.expect(Keyword.KEY);
            tokens.expect(Keyword.UPDATE);
            return Query.LockStrength.NO_KEY_UPDATE;
        }
        tokens.expect(Keyword.KEY);
        tokens.expect(Keyword.SHARE);
        return Query.LockStrength.KEY_SHARE;
    }

    private List<QualifiedName> lockedTables() {
        List<QualifiedName> names = new ArrayList<>(1);
        if (tokens.accept(Keyword.OF)) {
            do {
                names.add(tokens.qualifiedName());
            } while (tokens.accept(TokenType.COMMA));
        }
        return names;
    }

    private Query.LockWait lockWait() {
        if (tokens.accept(Keyword.NOWAIT)) {
            return Query.LockWait.NOWAIT;
        }
        if (tokens.accept(Keyword.SKIP)) {
            tokens.expect(Keyword.LOCKED);
            return Query.LockWait.SKIP_LOCKED;
        }
        return Query.LockWait.BLOCK;
    }

    private List<Query.OrderItem> orderBy() {
        tokens.expect(Keyword.ORDER);
        tokens.expect(Keyword.BY);
        List<Query.OrderItem> items = new ArrayList<>();
        do {
            int location = tokens.location();
            Expression expression = expressions.parse();
            tokens.reject(Keyword.USING, "ORDER BY … USING");
            boolean descending = acceptDirection();
            items.add(new Query.OrderItem(expression, descending, acceptNullsFirst(descending), location));
        } while (tokens.accept(TokenType.COMMA));
        return items;
    }

    /** ASC or DESC or nothing; true for DESC. */
    boolean acceptDirection() {
        return !tokens.accept(Keyword.ASC) && tokens.accept(Keyword.DESC);
    }

    /** NULLS FIRST, NULLS LAST, or what the direction implies. */
    boolean acceptNullsFirst(boolean descending) {
        if (tokens.accept(Keyword.NULLS, Keyword.FIRST)) {
            return true;
        }
        return !tokens.accept(Keyword.NULLS, Keyword.LAST) && descending;
    }

    private Expression limit() {
        int location = tokens.location();
        tokens.expect(Keyword.LIMIT);
        Expression limit = tokens.accept(Keyword.ALL) ? null : expressions.parse();
        if (tokens.accept(TokenType.COMMA)) {
            expressions.parse();
            throw tokens.invalidWithHint(
                    "LIMIT #,# syntax is not supported", location, "Use separate LIMIT and OFFSET clauses.");
        }
        return limit;
    }

    private Expression fetch() {
        tokens.expect(Keyword.FETCH);
        if (!tokens.accept(Keyword.FIRST)) {
            tokens.expect(Keyword.NEXT);
        }
        int location = tokens.location();
        Expression count = new Expression.IntegerLiteral(1, location);
        if (!acceptRows()) {
            count = tokens.at(TokenType.PLUS) || tokens.at(TokenType.MINUS)
                    ? expressions.parseSigned()
                    : expressions.parsePrimary();
            if (!acceptRows()) {
                throw tokens.syntaxError();
            }
        }
        tokens.reject(Keyword.WITH, "WITH TIES");
        tokens.expect(Keyword.ONLY);
        return count;
    }

    private boolean acceptRows() {
        return tokens.accept(Keyword.ROW) || tokens.accept(Keyword.ROWS);
    }
}

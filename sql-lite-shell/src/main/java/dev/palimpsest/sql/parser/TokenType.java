package dev.palimpsest.sql.parser;

/** Kinds of tokens, as PostgreSQL's scanner tells them apart. */
enum TokenType {
    END,
    /** The lexer couldn't go on; {@link Lexer#error} says why. */
    ERROR,
    IDENTIFIER,
    KEYWORD,
    /** Digits only, of any length. */
    INTEGER,
    DECIMAL,
    STRING,
    BIT_STRING,
    PARAMETER,
    /** An operator without a type of its own below. */
    OPERATOR,
    LESS_EQUALS,
    GREATER_EQUALS,
    NOT_EQUALS,
    TYPECAST,
    DOT_DOT,
    COLON_EQUALS,
    EQUALS_GREATER,
    COMMA,
    LEFT_PAREN,
    RIGHT_PAREN,
    LEFT_BRACKET,
    RIGHT_BRACKET,
    DOT,
    SEMICOLON,
    COLON,
    PLUS,
    MINUS,
    STAR,
    SLASH,
    PERCENT,
    CARET,
    LESS,
    GREATER,
    EQUALS,
    /** A character that no rule takes: always a syntax error. */
    OTHER
}

package dev.palimpsest.storage;

import dev.palimpsest.id.PageId;

/** Names of the files that hold relations: {@code base/17}, {@code base/17_fsm}, {@code base/17_vm}, {@code base/17_big}. */
public final class RelationFiles {
    public static final String DIRECTORY = "base";

    private static final String[] SUFFIXES = {"", "_fsm", "_vm", "_big"};

    static {
        assert SUFFIXES.length == PageId.FORKS;
    }

    private RelationFiles() {}

    public static String path(int fileNumber, int fork) {
        return DIRECTORY + "/" + fileNumber + SUFFIXES[fork];
    }

    /**
     * The other way round.
     *
     * @param name a name within {@link #DIRECTORY}
     * @return the page id of the file's block 0, or {@link PageId#NONE} if it isn't a relation's file
     */
    public static long parse(String name) {
        int end = 0;
        while (end < name.length() && name.charAt(end) >= '0' && name.charAt(end) <= '9') {
            end++;
        }
        if (end == 0 || end > 9 || (name.charAt(0) == '0' && end > 1)) {
            return PageId.NONE;
        }
        int fileNumber = Integer.parseInt(name.substring(0, end));
        for (int fork = 0; fork < SUFFIXES.length; fork++) {
            if (fileNumber <= PageId.MAX_FILE_NUMBER && SUFFIXES[fork].equals(name.substring(end))) {
                return PageId.of(fileNumber, fork, 0);
            }
        }
        return PageId.NONE;
    }
}

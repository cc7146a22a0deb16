namespace ZoneTierFS.Cli.Configuration;

/// <summary>Guesses what a misspelt word was meant to be.</summary>
internal static class Spelling
{
    /// <summary>The nearest candidate, or null where none is near enough to be a likely slip.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        var (nearest, distance) = candidates.Select(candidate => (candidate, Distance(word, candidate))).MinBy(pair => pair.Item2);
        return nearest is not null && distance <= Math.Max(2, word.Length / 4) ? nearest : null;
    }

    /// <summary>Letters to insert, drop or exchange (Levenshtein), case not counted.</summary>
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var same = char.ToLowerInvariant(from[i - 1]) == char.ToLowerInvariant(to[j - 1]);
                var cost = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (same ? 0 : 1));
                diagonal = row[j];
                row[j] = cost;
            }
        }
        return row[to.Length];
    }
}

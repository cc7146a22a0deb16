namespace ZoneTierFS.Benchmarks.Models;

/// <summary>
/// A SentencePiece-style vocabulary made of nothing but ASCII: special tokens, the 256 byte tokens (so that any text can be tokenised), characters, and
/// pairs of letters in the order of their frequency in English.
/// </summary>
internal sealed class SyntheticVocabulary
{
    private const string SpaceMark = "\u2581";
    private const string Letters = "etaoinshrdlucmfwypvbgkjqxz";

    public SyntheticVocabulary()
    {
        List<(string, float, TokenKind)> tokens = [("<unk>", 0, TokenKind.Unknown), ("<s>", 0, TokenKind.Control), ("</s>", 0, TokenKind.Control)];
        for (int value = 0; value < 256; value++)
            tokens.Add(($"<0x{value:X2}>", 0, TokenKind.Byte));
        FirstText = tokens.Count;
        foreach (string piece in Pieces())
            tokens.Add((piece, FirstText - tokens.Count, TokenKind.Normal));
        Tokens = tokens;
    }

    /// <summary>Text, score (higher is merged first) and kind of each token.</summary>
    public IReadOnlyList<(string Text, float Score, TokenKind Kind)> Tokens { get; }

    /// <summary>The first token that stands for printable text.</summary>
    public int FirstText { get; }

    private static IEnumerable<string> Pieces()
    {
        yield return SpaceMark;
        for (char c = '!'; c <= '~'; c++)
            yield return c.ToString();
        foreach (char c in Letters)
            yield return SpaceMark + c;
        foreach (char first in Letters)
        {
            foreach (char second in Letters)
                yield return $"{first}{second}";
        }
    }
}

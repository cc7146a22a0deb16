namespace ZoneTierFS.Benchmarks.Models;

/// <summary>What a token is, with SentencePiece's values as GGUF stores them.</summary>
internal enum TokenKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    Byte = 6,
}

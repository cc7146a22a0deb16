namespace ZoneTierFS.Engine;

/// <summary>What users may say about a file with chattr.</summary>
[Flags]
public enum FileFlags
{
    None = 0,

    /// <summary>Content, attributes and names stay as they are, whoever tries; the bytes may still be moved between tiers.</summary>
    Immutable = 1,
}

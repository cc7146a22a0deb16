namespace ZoneTierFS.Engine.Placement;

/// <summary>How long a stream's bytes are expected to live. In the order in which streams are joined when zones are few: the last ones first.</summary>
internal enum StreamLifetime : byte
{
    /// <summary>Seconds to hours: KV, optimizer state, temporary files.</summary>
    Short,

    /// <summary>Days and more, deleted as a whole: weights, data sets, checkpoints, adapters.</summary>
    Long,

    /// <summary>Unknown: small files of all sorts.</summary>
    Mixed,
}

namespace ZoneTierFS.Benchmarks.Clients;

/// <summary>What a measured process does with its file.</summary>
internal enum ClientMode
{
    /// <summary>Reads of 1 MiB from start to end.</summary>
    SequentialRead,

    /// <summary>The same with O_DIRECT.</summary>
    DirectRead,

    /// <summary>The whole file mapped the way llama.cpp maps a model, then every cache line of it read.</summary>
    MapRead,

    /// <summary>Reads of 4 KiB at random places with O_DIRECT, one at a time.</summary>
    RandomRead,

    /// <summary>A new file written in pieces of 1 MiB, then fsync.</summary>
    SequentialWrite,

    /// <summary>The same with O_DIRECT.</summary>
    DirectWrite,
}

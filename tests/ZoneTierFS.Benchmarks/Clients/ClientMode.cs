namespace ZoneTierFS.Benchmarks.Clients;

/// <summary>What a client process does with its file, or with a tree of small files.</summary>
internal enum ClientMode
{
    /// <summary>Reads from start to end; with several threads, each reads a part of its own.</summary>
    SequentialRead,

    /// <summary>The same with O_DIRECT.</summary>
    DirectRead,

    /// <summary>The whole file mapped the way llama.cpp maps a model, then every cache line of it read.</summary>
    MapRead,

    /// <summary>The whole file mapped the way safetensors maps one, without any hint, then every cache line of it read: each new page is a fault.</summary>
    FaultRead,

    /// <summary>Reads at random places with O_DIRECT; each thread has one under way.</summary>
    RandomRead,

    /// <summary>Reads at random places through the page cache.</summary>
    CachedRandomRead,

    /// <summary>A new file written from start to end, then fsync.</summary>
    SequentialWrite,

    /// <summary>The same with O_DIRECT.</summary>
    DirectWrite,

    /// <summary>Writes at random places of a file that is there, then fsync.</summary>
    RandomOverwrite,

    /// <summary>A new file written piece by piece, with fdatasync after each.</summary>
    Append,

    /// <summary>Makes the file in the wanted length where it is not there yet, with fsync.</summary>
    PrepareFile,

    /// <summary>Makes the files of a tree, all of them new.</summary>
    CreateTree,

    /// <summary>stat(2) on each file of a tree.</summary>
    StatTree,

    /// <summary>Opens, reads and closes each file of a tree.</summary>
    ReadTree,

    /// <summary>Removes each file of a tree.</summary>
    UnlinkTree,

    /// <summary>Makes the files of a tree that are not there yet.</summary>
    PrepareTree,

    /// <summary>Makes the folders of a tree, and removes the files that are in them.</summary>
    EmptyTree,
}

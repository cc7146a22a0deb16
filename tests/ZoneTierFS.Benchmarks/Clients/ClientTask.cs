namespace ZoneTierFS.Benchmarks.Clients;

/// <summary>What a client process is to do.</summary>
/// <param name="Path">A file, or the top folder of a tree.</param>
/// <param name="Bytes">Length of a file to make; the other modes take the file as it is.</param>
/// <param name="Operations">Reads or writes at random places, or appended pieces, of all threads together; files of a tree.</param>
/// <param name="PieceBytes">Length of one read or write, a multiple of 4096.</param>
/// <param name="Threads">How many share the work.</param>
internal sealed record ClientTask(ClientMode Mode, string Path, long Bytes, int Operations, int PieceBytes, int Threads);

namespace ZoneTierFS.Engine;

/// <summary>Open files by handle. Handles start at 1 and are used again; looking one up takes no lock.</summary>
internal sealed class OpenFileTable
{
    private readonly Lock _gate = new();
    private readonly Stack<int> _free = new();
    private OpenFile?[] _files = new OpenFile?[64];
    private int _used;

    public ulong Add(OpenFile file)
    {
        lock (_gate)
        {
            if (!_free.TryPop(out var index))
            {
                if (_used == _files.Length)
                {
                    var larger = new OpenFile?[_files.Length * 2];
                    _files.CopyTo(larger, 0);
                    Volatile.Write(ref _files, larger);
                }
                index = _used++;
            }
            _files[index] = file;
            return (ulong)index + 1;
        }
    }

    public OpenFile? Get(ulong handle)
    {
        var files = Volatile.Read(ref _files);
        return handle - 1 < (ulong)files.Length ? files[handle - 1] : null;
    }

    public OpenFile? Remove(ulong handle)
    {
        lock (_gate)
        {
            if (Get(handle) is not { } file) return null;
            _files[handle - 1] = null;
            _free.Push((int)(handle - 1));
            return file;
        }
    }
}

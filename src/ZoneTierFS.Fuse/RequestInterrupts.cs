namespace ZoneTierFS.Fuse;

/// <summary>
/// Finds the worker whose request the kernel wants interrupted. An INTERRUPT can overtake its request, as another worker reads it; it is then kept until
/// the request begins. To answer EAGAIN, so that the kernel sends it again, would not do: the kernel looks for the request among those of the channel
/// which that answer comes through.
/// </summary>
internal sealed class RequestInterrupts
{
    /// <summary>Kept interrupts; most are for requests that were just answered, or cannot be interrupted, and are pushed out by later ones.</summary>
    private const int EarlyMax = 64;

    private readonly Lock _gate = new();
    private readonly ulong[] _early = new ulong[EarlyMax];
    private InterruptSlot[] _slots = [];
    private int _next;
    private volatile bool _hasEarly;

    /// <summary>One for each worker, before it takes requests.</summary>
    public InterruptSlot AddSlot()
    {
        var slot = new InterruptSlot(this);
        lock (_gate)
            _slots = [.. _slots, slot];
        return slot;
    }

    public void Interrupt(ulong unique)
    {
        InterruptSlot[] slots;
        // Kept first, looked for second; a request that begins shows itself first and looks here second. So one of the two sees the other.
        lock (_gate)
        {
            _early[_next] = unique;
            _next = (_next + 1) % EarlyMax;
            _hasEarly = true;
            slots = _slots;
        }
        foreach (var slot in slots)
        {
            if (slot.TryInterrupt(unique))
                return;
        }
    }

    /// <summary>True where the request was to be interrupted before it began.</summary>
    public bool CameEarly(ulong unique)
    {
        if (!_hasEarly)
            return false;
        lock (_gate)
            return _early.AsSpan().Contains(unique);
    }
}

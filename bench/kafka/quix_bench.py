"""A job of the side-by-side measurement in Quix Streams, with its defaults but for the commit interval:
`quix_bench.py BROKERS JOB GUARANTEE APPLICATION STATE_DIR OUT`. Runs until all input is committed and
prints one line of JSON: seconds, CPU seconds, peak memory in bytes."""

import json
import resource
import sys
import threading
import time

from confluent_kafka import Consumer, TopicPartition
from quixstreams import Application

brokers, job, guarantee, application, state_dir, out = sys.argv[1:7]
partitions = 4
inputs = ["bench-input", "bench-rows"] if job == "stream-table-join" else ["bench-input"]
first = None


def on_message_processed(_topic, _partition, _offset):
    global first
    if first is None:
        first = time.perf_counter()


app = Application(
    broker_address=brokers,
    consumer_group=application,
    auto_offset_reset="earliest",
    processing_guarantee=guarantee.replace("_", "-"),
    commit_interval=0.1,
    state_dir=state_dir,
    loglevel="ERROR",
    on_message_processed=on_message_processed,
)
sink = app.topic(out, key_serializer="str", value_serializer="json")

if job == "stateless":
    sales = app.dataframe(app.topic("bench-input", key_deserializer="str", value_deserializer="json"))
    sales = sales.filter(lambda sale: sale["quantity"] > 2)
    sales.apply(lambda sale: {**sale, "total": sale["quantity"] * sale["price"]}).to_topic(sink)
elif job == "window-count":
    sales = app.dataframe(app.topic("bench-input", key_deserializer="str", value_deserializer="bytes"))
    sales.tumbling_window(duration_ms=60_000, grace_ms=5_000).count().current().to_topic(sink)
else:
    sales = app.dataframe(app.topic("bench-input", key_deserializer="str", value_deserializer="json"))
    rows = app.dataframe(app.topic("bench-rows", key_deserializer="str", value_deserializer="json"))
    sales.join_asof(
        rows, how="inner", on_merge=lambda sale, row: {**sale, "name": row["name"]}
    ).to_topic(sink)


def stop_once_committed():
    """Stops the app when its group has committed the end of every input partition."""
    config = {"bootstrap.servers": brokers, "group.id": application, "enable.auto.commit": False}
    consumer = Consumer(config)
    places = [TopicPartition(topic, partition) for topic in inputs for partition in range(partitions)]
    ends = [consumer.get_watermark_offsets(place, timeout=30)[1] for place in places]
    while True:
        committed = consumer.committed(places, timeout=30)
        if all(place.offset >= end for place, end in zip(committed, ends)):
            break
        time.sleep(0.02)
    global seconds, results
    seconds = time.perf_counter() - first
    outs = [TopicPartition(out, partition) for partition in range(partitions)]
    results = sum(consumer.get_watermark_offsets(place, timeout=30)[1] for place in outs)
    consumer.close()
    app.stop()


seconds = 0.0
results = 0
watch = threading.Thread(target=stop_once_committed, daemon=True)
watch.start()
app.run()
watch.join()
usage = resource.getrusage(resource.RUSAGE_SELF)
print(
    json.dumps(
        {
            "seconds": seconds,
            "cpuSeconds": usage.ru_utime + usage.ru_stime,
            "peakBytes": usage.ru_maxrss * 1024,
            # With transactions their markers count too.
            "results": results,
            "restored": 0,
            "restoreSeconds": 0,
        }
    )
)

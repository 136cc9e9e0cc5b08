"""A transactional round trip of confluent-kafka: produces, consumes and commits in one transaction."""
import sys

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

servers = sys.argv[1]
count = 2000
admin = AdminClient({"bootstrap.servers": servers})
for future in admin.create_topics([NewTopic("c-in", 2), NewTopic("c-out", 2)]).values():
    future.result()

producer = Producer({"bootstrap.servers": servers, "enable.idempotence": True, "compression.type": "lz4"})
for n in range(count):
    producer.produce("c-in", key=str(n), value=f"value {n}")
assert producer.flush(30) == 0

consumer = Consumer({"bootstrap.servers": servers, "group.id": "c", "auto.offset.reset": "earliest", "enable.auto.commit": False})
consumer.subscribe(["c-in"])
writer = Producer({"bootstrap.servers": servers, "transactional.id": "c-txn"})
writer.init_transactions(30)
done = 0
rounds = 0
while done < count:
    messages = consumer.consume(200, timeout=10)
    assert messages, f"nothing more after {done}"
    # Every third transaction is aborted first, and made again.
    attempts = ["abort", "commit"] if rounds % 3 == 0 else ["commit"]
    for attempt in attempts:
        writer.begin_transaction()
        for message in messages:
            assert message.error() is None, message.error()
            writer.produce("c-out", key=message.key(), value=message.value() + b"!")
        if attempt == "abort":
            writer.flush()
            writer.abort_transaction(30)
            continue
        writer.send_offsets_to_transaction(consumer.position(consumer.assignment()), consumer.consumer_group_metadata())
        writer.commit_transaction(30)
    done += len(messages)
    rounds += 1
committed = consumer.committed([TopicPartition("c-in", 0), TopicPartition("c-in", 1)], timeout=10)
assert sum(each.offset for each in committed) == count, committed
consumer.close()

reader = Consumer({"bootstrap.servers": servers, "group.id": "r", "auto.offset.reset": "earliest", "isolation.level": "read_committed"})
reader.subscribe(["c-out"])
values = []
while len(values) < count:
    messages = reader.consume(500, timeout=10)
    assert messages, f"nothing more after {len(values)}"
    values += [message.value().decode() for message in messages]
assert not reader.consume(10, timeout=1)
reader.close()
assert sorted(values) == sorted(f"value {n}!" for n in range(count))
print("round trip ok")
